// The function of template.yaml that makes the keys and has the schema brought up, run as it stands there. Secrets
// Manager, Lambda and CloudFormation are stood in for; the cryptography is real.
//
//   node deploy.test.mjs TEMPLATE.json

import assert from 'node:assert/strict';
import { createPublicKey, createPrivateKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import test from 'node:test';
import vm from 'node:vm';

const template = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const code = template.Resources.DeployFunction.Properties.Code.ZipFile;
const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:keys';

/** What the function sees of AWS. */
function account() {
  const state = { value: undefined, version: 0, invoked: [], failures: 0, denied: false };
  const secrets = async ({ name, input }) => {
    assert.equal(input.SecretId, SECRET);
    if (state.denied) throw Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' });
    if (name === 'put') {
      state.value = input.SecretString;
      state.version += 1;
      return { VersionId: `v${state.version}` };
    }
    if (state.value === undefined) throw Object.assign(new Error('none'), { name: 'ResourceNotFoundException' });
    return { SecretString: state.value, VersionId: `v${state.version}` };
  };
  const lambda = async ({ input }) => {
    state.invoked.push(input);
    if (state.failures === 0) return {};
    state.failures -= 1;
    return { FunctionError: 'Unhandled' };
  };
  const command = (name) => class { constructor(input) { Object.assign(this, { name, input }); } };
  const client = (send) => class { send(sent) { return send(sent); } };
  const modules = {
    '@aws-sdk/client-secrets-manager': {
      SecretsManagerClient: client(secrets),
      GetSecretValueCommand: command('get'),
      PutSecretValueCommand: command('put'),
    },
    '@aws-sdk/client-lambda': { LambdaClient: client(lambda), InvokeCommand: command('invoke') },
  };
  const real = createRequire(import.meta.url);
  const module = { exports: {} };
  const environment = { env: { PAUSE: '1' } };
  const quiet = { error() {} };
  const wrapped = vm.runInThisContext(`(function (require, exports, process, console) { ${code}\n})`);
  wrapped((name) => modules[name] ?? real(name), module.exports, environment, quiet);
  return { state, handler: module.exports.handler };
}

/** Sends an event as CloudFormation does, and answers what it was told. */
async function send(handler, type, request, properties, old) {
  const told = [];
  const server = createServer((message, response) => {
    let body = '';
    message.on('data', (part) => { body += part; });
    message.on('end', () => { told.push({ method: message.method, headers: message.headers, body }); response.end(); });
  });
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  const ResponseURL = `http://127.0.0.1:${server.address().port}/answer`;
  await handler({
    RequestType: request,
    ResourceType: type,
    ResponseURL,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Resource',
    ResourceProperties: properties,
    OldResourceProperties: old,
  });
  server.close();
  assert.equal(told.length, 1);
  assert.equal(told[0].method, 'PUT');
  assert.equal(told[0].headers['content-type'] ?? '', '', 'its address is signed for no content type');
  return JSON.parse(told[0].body);
}

const keys = (handler, request, Generation) => send(handler, 'Custom::Keys', request, { Secret: SECRET, Generation });

test('keys are made once, and the public ones verify what the private ones sign', async () => {
  const { state, handler } = account();
  const answer = await keys(handler, 'Create', '1');
  assert.equal(answer.Status, 'SUCCESS');
  assert.equal(answer.Data.Version, 'v1');
  const { TOKEN_KEYS, LINK_KEYS } = JSON.parse(state.value);
  const [kid, der] = TOKEN_KEYS.split(':');
  const [jwk] = JSON.parse(answer.Data.Jwks).keys;
  const { x: point, ...rest } = jwk;
  assert.equal(Buffer.from(point, 'base64url').length, 32);
  assert.deepEqual(rest, { kty: 'OKP', crv: 'Ed25519', kid: 'g1', use: 'sig', alg: 'EdDSA' });
  assert.equal(kid, 'g1');
  const privateKey = createPrivateKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' });
  const signature = sign(null, Buffer.from('x'), privateKey);
  assert.ok(verify(null, Buffer.from('x'), createPublicKey({ key: jwk, format: 'jwk' }), signature));
  assert.equal(Buffer.from(LINK_KEYS.split(':')[1], 'base64').length, 32);
  assert.ok(!JSON.stringify(answer).includes(der), 'no secret leaves Secrets Manager');

  const again = await keys(handler, 'Create', '1');
  assert.deepEqual(again.Data, answer.Data);
  assert.equal(state.version, 1);
});

test('the next generation signs, the one before verifies, older ones go', async () => {
  const { state, handler } = account();
  const kids = (list) => list.split(',').map((key) => key.split(':')[0]);
  await keys(handler, 'Create', '1');
  await keys(handler, 'Update', '2');
  assert.deepEqual(kids(JSON.parse(state.value).TOKEN_KEYS), ['g2', 'g1']);
  const third = await keys(handler, 'Update', '3');
  assert.deepEqual(kids(JSON.parse(state.value).LINK_KEYS), ['g3', 'g2']);
  assert.deepEqual(JSON.parse(third.Data.Jwks).keys.map((key) => key.kid), ['g3', 'g2']);
  await keys(handler, 'Update', '2'); // The deploy was taken back.
  assert.deepEqual(kids(JSON.parse(state.value).TOKEN_KEYS), ['g2', 'g3']);
});

test('a failure is told, and deleting does nothing', async () => {
  const { state, handler } = account();
  state.denied = true;
  const failed = await keys(handler, 'Create', '1');
  assert.equal(failed.Status, 'FAILED');
  assert.match(failed.Reason, /AccessDeniedException/);
  const deleted = await keys(handler, 'Delete', '1');
  assert.equal(deleted.Status, 'SUCCESS');
});

const schema = (handler, request, Migration, before) =>
  send(handler, 'Custom::Schema', request, { Sweeper: 'sweeper', Migration }, before && { Migration: before });

test('the sweeper migrates at a new schema, and not where a deploy is taken back', async () => {
  const { state, handler } = account();
  state.failures = 2;
  assert.equal((await schema(handler, 'Create', '1')).Status, 'SUCCESS');
  assert.deepEqual(state.invoked.at(-1), { FunctionName: 'sweeper', Payload: '{"chore":"migrate"}' });
  assert.equal(state.invoked.length, 3);
  await schema(handler, 'Update', '2', '1');
  assert.equal(state.invoked.length, 4);
  await schema(handler, 'Update', '1', '2');
  assert.equal(state.invoked.length, 4);
  state.failures = 100;
  assert.match((await schema(handler, 'Update', '3', '2')).Reason, /could not migrate/);
});
