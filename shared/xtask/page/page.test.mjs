// The page at `/` in a real browser, against a running service with its demo user.
//
//   npm ci --ignore-scripts && node page.test.mjs BASE_URL [SCREENSHOT_FOLDER]
//
// CHROMIUM names the browser (default /usr/bin/chromium), PAGE_EMAIL and PAGE_PASSWORD another user.
// The last line is `N passed, N failed`; any failure, console error or breach of the page's
// Content-Security-Policy makes the exit code 1.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

const [base, pictures] = process.argv.slice(2);
if (!base) {
  console.error('usage: node page.test.mjs BASE_URL [SCREENSHOT_FOLDER]');
  process.exit(2);
}
const user = { email: process.env.PAGE_EMAIL ?? 'test@example.com', password: process.env.PAGE_PASSWORD ?? 'password' };
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const PATIENCE = 30_000;

const scratch = await mkdtemp(path.join(tmpdir(), 'page-test-'));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: QUIET });
if (pictures) await mkdir(pictures, { recursive: true });

/* ---- Harness: each test gets a browser context of its own and fails on anything the console complains about ---- */

let passed = 0;
let failed = 0;

async function test(name, body, options = {}) {
  const { expectErrors = [], ...context } = options;
  const complaints = [];
  const session = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...context });
  session.setDefaultTimeout(PATIENCE);
  try {
    const page = await session.newPage();
    await watch(page, complaints);
    await page.goto(base, { waitUntil: 'load' });
    await body(page);
    const surprising = complaints.filter(text => !expectErrors.some(pattern => pattern.test(text)));
    assert.deepEqual(surprising, [], 'console errors or policy violations');
    passed++;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n      ${String(error.message).replaceAll('\n', '\n      ')}`);
    if (complaints.length) console.log(`      the console said: ${complaints.join(' | ')}`);
  } finally {
    await session.close();
  }
}

async function watch(page, complaints) {
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', error => complaints.push(`uncaught: ${error.message}`));
  page.on('dialog', dialog => { complaints.push(`script dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.exposeFunction('reportBreach', what => complaints.push(`policy: ${what}`));
  await page.addInitScript(() => document.addEventListener('securitypolicyviolation',
    event => window.reportBreach(`${event.violatedDirective} ${event.blockedURI}`)));
}

const picture = async (page, name) => {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
};

/* ---- What a person does on the page ---- */

const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const editor = page => page.getByLabel('Invoice data');
const pane = page => page.locator('#pane');
const rowOf = (page, number) => page.locator('#list > li').filter({ hasText: number });
const title = (page, text) => page.getByRole('heading', { level: 2, name: text }).waitFor();

async function logIn(page, password = user.password) {
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password').fill(password);
  await click(page, 'Log in');
}

async function enter(page) {
  await logIn(page);
  await page.getByRole('heading', { name: 'New invoice' }).waitFor();
}

let serial = 0;
const unique = prefix => `${prefix}-${Date.now().toString(36)}-${++serial}`.toUpperCase();

// The page's own sample with a number of its own and whatever `change` does to it.
async function fillSample(page, number, change = invoice => invoice) {
  await click(page, 'Try the sample');
  const invoice = JSON.parse(await editor(page).inputValue());
  invoice.invoice_no = number;
  const text = JSON.stringify(change(invoice), null, 2);
  await editor(page).fill(text);
  return text;
}

async function createAll(page, number) {
  await click(page, 'Create documents');
  await title(page, 'Documents');
  await pane(page).getByText(`The documents of ${number} are ready.`).waitFor();
}

async function downloaded(page, action) {
  const [download] = await Promise.all([page.waitForEvent('download'), action()]);
  const file = path.join(scratch, `${unique('file')}-${path.basename(download.suggestedFilename())}`);
  await download.saveAs(file);
  return { name: download.suggestedFilename(), bytes: await readFile(file) };
}

// One pixel.
const LOGO = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQKn4BAAIgAXZmNuK1AAAAAElFTkSuQmCC', 'base64');

const lineOf = (text, part) => text.split('\n').findIndex(line => line.includes(part)) + 1;

/* ---- The tests ---- */

await test('the page keeps a strict policy and loads nothing from elsewhere', async page => {
  const answer = await page.request.get(base);
  const policy = answer.headers()['content-security-policy'] ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(/script-src[^;]*/.exec(policy)?.[0] ?? '', /unsafe-inline|unsafe-eval|\*/);
  const html = await answer.text();
  assert.equal(html.match(/<style/g).length, 1);
  assert.equal(html.match(/<script/g).length, 1);
  assert.doesNotMatch(html, /\son[a-z]+=|\sstyle=/);
  const foreign = [];
  page.on('request', request => { if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(new URL(base).origin)) foreign.push(request.url()); });
  await page.reload();
  await enter(page);
  assert.deepEqual(foreign, []);
});

await test('a wrong password is said in words and the right one goes in', async page => {
  await picture(page, 'login');
  await logIn(page, 'not-the-password');
  await page.getByRole('alert').getByText('Email or password is not right.').waitFor();
  await enter(page);
  assert.equal(await page.getByRole('banner').getByText(user.email).isVisible(), true);
  assert.equal(await page.getByRole('heading', { name: 'New invoice' }).evaluate(node => node === document.activeElement), true);
}, { expectErrors: [/status of 401/] });

await test('log out forgets the token and the draft, reload keeps the session', async page => {
  await enter(page);
  await page.reload();
  await page.getByRole('heading', { name: 'New invoice' }).waitFor();
  await fillSample(page, unique('OUT'));
  await click(page, 'Log out');
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  assert.equal(await page.locator('#text').inputValue(), '');
});

await test('an ended session leads back to the login and keeps the draft', async page => {
  await enter(page);
  const number = unique('KEPT');
  await fillSample(page, number);
  // A reload with a token that the service no longer takes would lose the draft: answer one request as the service would.
  await page.route('**/invoices?format=*', route => route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"title":"Unauthorized","status":401}' }));
  await click(page, 'Create documents');
  await page.getByRole('alert').getByText('Your session has ended.').waitFor();
  await page.unroute('**/invoices?format=*');
  await enter(page);
  assert.match(await editor(page).inputValue(), new RegExp(number));
}, { expectErrors: [/status of 401/] });

await test('a stale token from an earlier visit leads to the login', async page => {
  await page.evaluate(() => sessionStorage.setItem('token', 'stale'));
  await page.reload();
  await page.getByRole('alert').getByText('Your session has ended.').waitFor();
}, { expectErrors: [/status of 401/] });

await test('the sample becomes three documents that download, and a mail', async page => {
  await enter(page);
  const number = unique('PM');
  await fillSample(page, number);
  await createAll(page, number);
  await pane(page).getByText(/Mail to/).getByText('Sent', { exact: true }).waitFor();
  await picture(page, 'documents');
  for (const [format, magic, extension] of [['PDF', /^%PDF-/, 'pdf'], ['Excel', /^PK\x03\x04/, 'xlsx'], ['CSV', /^(\xef\xbb\xbf)?["\w]+,/, 'csv']]) {
    const { name, bytes } = await downloaded(page, () => pane(page).getByRole('button', { name: new RegExp(`^Download ${format}`) }).click());
    assert.match(bytes.toString('latin1'), magic, `${format} has its magic bytes`);
    assert.ok(name.endsWith(`.${extension}`), `${name} ends in .${extension}`);
  }
  const row = rowOf(page, number);
  await row.getByText('Ready', { exact: true }).waitFor();
  const { bytes } = await downloaded(page, () => row.getByRole('button', { name: /^Download PDF/ }).click());
  assert.match(bytes.toString('latin1'), /^%PDF-/);
});

await test('chosen formats and no mail are kept to', async page => {
  await enter(page);
  const number = unique('ONE');
  await fillSample(page, number);
  await page.getByLabel('Excel').uncheck();
  await page.getByLabel('CSV').uncheck();
  await page.getByLabel('Mail me the link').uncheck();
  await createAll(page, number);
  assert.equal(await pane(page).getByRole('button', { name: /^Download/ }).count(), 1);
  assert.equal(await pane(page).getByText(/Mail to/).count(), 0);
  await page.getByLabel('PDF').uncheck();
  await click(page, 'Create documents');
  await page.getByRole('alert').getByText('No format is chosen.').waitFor();
});

await test('faults stand at the lines that their pointers name', async page => {
  await enter(page);
  const text = await fillSample(page, unique('BAD'), invoice => {
    invoice.items[1].total = 27.01;
    invoice.tax_amount = 130.45;
    return invoice;
  });
  await click(page, 'Create documents');
  await title(page, /faults? to mend/);
  for (const [pointer, part] of [['/items/1/total', '"total": 27.01'], ['/tax_amount', '"tax_amount": 130.45']]) {
    const line = lineOf(text, part);
    const fault = pane(page).locator('.fault').filter({ has: page.getByText(pointer, { exact: true }) });
    await fault.getByText('Expected', { exact: true }).waitFor();
    await fault.getByText('Found', { exact: true }).waitFor();
    assert.match(await fault.evaluate(node => node.previousElementSibling.textContent), new RegExp(`^${line}\\s*${part.replace('.', '\\.')}`));
    await fault.getByRole('button', { name: `Edit line ${line}` }).click();
    const selected = await editor(page).evaluate(area => area.value.slice(area.selectionStart, area.selectionEnd));
    assert.equal(selected, part.split(': ')[1]);
  }
  await picture(page, 'faults');
}, { expectErrors: [/status of 4(00|22)/] });

await test('an e-invoice that the data cannot become is refused with its rules', async page => {
  await enter(page);
  await fillSample(page, unique('LAW'));
  await page.getByText('E-invoices that the law or a buyer asks for').click();
  await page.getByLabel('UBL', { exact: true }).check();
  await click(page, 'Create documents');
  await title(page, /faults to mend/);
  await pane(page).getByText(/the seller's country/).first().waitFor();
  await click(page, 'Preview');
  await title(page, 'Preview');
  await pane(page).getByText('As an e-invoice').click();
  await pane(page).getByText(/^XRechnung: \d+ faults$/).waitFor();
}, { expectErrors: [/status of 422/] });

await test('a warning stands apart and does not hold the documents up', async page => {
  await enter(page);
  const number = unique('WARN');
  await fillSample(page, number, invoice => ({ ...invoice, x_unknown_key: 1 }));
  await createAll(page, number);
  await pane(page).getByRole('heading', { name: '1 warning' }).waitFor();
  await pane(page).getByText('/x_unknown_key', { exact: true }).waitFor();
});

await test('broken JSON is shown where it breaks, and one long line is laid out', async page => {
  await enter(page);
  await editor(page).fill('{\n  "company_name": "A",\n  "date" "2026-01-01"\n}');
  await click(page, 'Preview');
  await title(page, '1 fault to mend');
  await pane(page).getByRole('button', { name: 'Edit line 3' }).waitFor();
  await editor(page).fill('{"a":[],"b":{},"c":[1.10,{"d":"x, {y}"}]}');
  await click(page, 'Tidy up');
  assert.equal(await editor(page).inputValue(), '{\n  "a": [],\n  "b": {},\n  "c": [\n    1.10,\n    {\n      "d": "x, {y}"\n    }\n  ]\n}');
});

await test('tidying up and the sample can be undone', async page => {
  await enter(page);
  await editor(page).fill('{"mine":1}');
  await click(page, 'Try the sample');
  await click(page, 'Undo');
  assert.equal(await editor(page).inputValue(), '{"mine":1}');
});

// The page's own functions, called where they run: it must agree with the browser about what JSON is.
await test('pointers find their lines, and broken JSON is told from sound JSON', async page => {
  const lines = await page.evaluate(() => {
    const text = '{\n"a/b": {\n"m~n": 1\n},\n"list": [\n[],\n{"x": "}]\\"",\n"y": 2},\n3\n],\n"twice": 1,\n"twice": 2\n}';
    return ['', '/a~1b/m~0n', '/a~1b', '/list/1', '/list/1/y', '/list/2', '/list/7', '/list/1/z/deeper', '/missing', '/twice']
      .map(pointer => place(text, [{ pointer }])[0].line);
  });
  assert.deepEqual(lines, [1, 3, 2, 7, 8, 9, 5, 7, 1, 12]);
  const disagreements = await page.evaluate(() => {
    const seeds = ['{"a":[1,-2.5e+3,true,null,{"b":"c\\u00e9\\n"}],"d":{}}', '[[],{},"",0,-0.1]', '"x"', ' [1 , 2 ] ', '{"a":{"b":[{}]}}'];
    const letters = '{}[],:"\\0123eE+-.tfn u\n\u0001';
    let seed = 7;
    const random = n => (seed = (seed * 48271) % 2147483647) % n;
    const wrong = [];
    for (let i = 0; i < 30000; i++) {
      let text = seeds[random(seeds.length)];
      for (let changes = random(3); changes >= 0; changes--) {
        const at = random(text.length + 1);
        text = text.slice(0, at) + (random(2) ? letters[random(letters.length)] : '') + text.slice(at + random(2));
      }
      let sound = true;
      try { JSON.parse(text); } catch { sound = false; }
      const fault = scan(text);
      if ((fault === null) !== sound) wrong.push(text);
      else if (sound && JSON.stringify(JSON.parse(tidy(text))) !== JSON.stringify(JSON.parse(text))) wrong.push(`tidy: ${text}`);
      else if (fault && !(fault.at >= 0 && fault.at <= text.length)) wrong.push(`place: ${text}`);
    }
    return wrong.slice(0, 5);
  });
  assert.deepEqual(disagreements, []);
});

await test('states change while one looks on, through a lost connection too', async page => {
  await enter(page);
  await page.waitForLoadState('networkidle');
  const number = unique('LIVE');
  await fillSample(page, number);
  const doc = (format, state, more) => ({ id: format, format, state, attempts: 1, fid: null, file_name: null, bytes: null, sha256: null, reason: null, finished_at: null, ...more });
  const stages = [
    ['queued', 'queued'], ['rendering', 'queued'], null, ['stored', 'rendering'], ['stored', 'failed'],
  ];
  let stage = 0;
  const invoice = () => {
    const [pdf, excel] = stages[stage];
    return {
      id: 'live', invoice_number: number, created_at: '2026-03-02T10:00:00Z', trace_id: 'trace', state: excel === 'failed' ? 'failed' : 'processing',
      documents: [doc('pdf', pdf, { bytes: 1234, fid: 'pdf' }), doc('excel', excel, { reason: excel === 'failed' ? 'does not fit a sheet' : null })],
      mails: excel === 'failed' ? [
        { id: 'mail', to: user.email, state: 'failed', attempts: 5, reason: 'mailbox full', finished_at: null },
        { id: 'again', to: user.email, state: 'unknown', attempts: 2, reason: 'no answer', finished_at: null },
      ] : [],
    };
  };
  const answer = route => stages[stage]
    ? route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(invoice()) }) : route.abort('connectionrefused');
  await page.route('**/invoices?format=*', answer);
  await page.route('**/invoices/live', answer);
  await click(page, 'Create documents');
  const states = () => pane(page).locator('.docs .badge');
  await states().getByText('Waiting').nth(1).waitFor();
  stage = 1;
  await states().getByText('Being made').waitFor();
  stage = 2;
  await page.getByRole('status').getByText('The service cannot be reached.').waitFor();
  stage = 3;
  await pane(page).getByRole('button', { name: 'Download PDF' }).waitFor();
  await pane(page).getByRole('button', { name: 'Download PDF' }).focus();
  stage = 4;
  await pane(page).getByText('does not fit a sheet').waitFor();
  await pane(page).getByText('mailbox full').waitFor();
  await pane(page).getByText('Perhaps sent').waitFor();
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^Download PDF/, 'the focus stays on its button');
  await rowOf(page, number).getByText('Failed', { exact: true }).first().waitFor();
}, { expectErrors: [/ERR_CONNECTION_REFUSED/] });

await test('markup in the data stays text', async page => {
  await enter(page);
  const probe = `<img src=x onerror=alert(1)>`;
  const number = unique('XSS');
  await fillSample(page, `${number} ${probe}`, invoice => {
    invoice.company_name = `<script>alert(2)</script>`;
    invoice.items[0].description = probe;
    invoice[`${probe}key`] = probe;
    return invoice;
  });
  await page.getByLabel('Excel').uncheck();
  await click(page, 'Create documents');
  await rowOf(page, number).locator('strong').getByText(probe).waitFor();
  await rowOf(page, number).getByText('Ready', { exact: true }).waitFor();
  await fillSample(page, `${number} ${probe}`, invoice => ({ ...invoice, [`${probe}key`]: 1, subtotal: probe }));
  await click(page, 'Create documents');
  await title(page, /faults? to mend/);
  await pane(page).getByText(probe).first().waitFor();
  assert.equal(await page.locator('main img, main script').count(), 0);
}, { expectErrors: [/status of 4(00|22)/] });

await test('a file is picked with the keyboard and dropped with the mouse', async page => {
  await enter(page);
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('#file').press('Enter')]);
  await chooser.setFiles({ name: 'picked.json', mimeType: 'application/json', buffer: Buffer.from('{"picked":true}') });
  await page.getByText('picked.json is read.').waitFor();
  assert.equal(await editor(page).inputValue(), '{"picked":true}');
  const drop = names => page.evaluate(list => {
    const transfer = new DataTransfer();
    for (const name of list) transfer.items.add(new File([`{"name":"${name}"}`], name));
    document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, names);
  await drop(['dropped.json']);
  await page.getByText('dropped.json is read.').waitFor();
  await drop(['one.json', 'two.json']);
  await page.getByRole('alert').getByText('One invoice at a time.').waitFor();
  await page.locator('#file').setInputFiles({ name: 'latin1.json', mimeType: 'application/json', buffer: Buffer.from([0x22, 0xe9, 0x22]) });
  await page.getByRole('alert').getByText('cannot be read as UTF-8').waitFor();
});

await test('the preview shows the PDF beside the data', async page => {
  await enter(page);
  await fillSample(page, unique('SEE'));
  await click(page, 'Preview');
  const frame = pane(page).getByTitle('Preview of the PDF');
  await frame.waitFor();
  const { bytes } = await downloaded(page, () => pane(page).getByRole('link', { name: 'Save' }).click());
  assert.match(bytes.toString('latin1'), /^%PDF-/);
  await page.waitForTimeout(500);
  await picture(page, 'preview');
  assert.equal(await page.locator('#list > li').filter({ hasText: 'SEE-' }).count(), 0, 'a preview stores nothing');
});

// What the service is asked to render, and the looks that stand in it.
const rendered = page => page.waitForRequest(request => request.url().includes('/invoices/preview')).then(request => JSON.parse(request.postData()));

await test('style, colour, language and logo are tried beside the data', async page => {
  await enter(page);
  const number = unique('LOOKS');
  const text = await fillSample(page, number);
  await page.locator('#looks > summary').click();
  await click(page, 'Preview');
  await pane(page).getByTitle('Preview of the PDF').waitFor();
  const first = await downloaded(page, () => pane(page).getByRole('link', { name: 'Save' }).click());
  const shows = async (what, change) => {
    const [sent] = await Promise.all([rendered(page), change()]);
    assert.deepEqual(Object.fromEntries(Object.keys(what).map(name => [name, sent[name]])), what);
    assert.equal(sent.invoice_no, number);
  };
  await shows({ style: 'modern' }, () => page.getByLabel('Style').selectOption('Modern'));
  await shows({ accent_color: '#b3261e' }, () => page.getByLabel('Accent colour').fill('#b3261e'));
  await shows({ locale: 'de' }, () => page.getByLabel('Language').selectOption('Deutsch'));
  await shows({ footer: 'Since 1987' }, () => page.getByLabel('Footer').fill('Since 1987'));
  const logo = { name: 'logo.png', mimeType: 'image/png', buffer: LOGO };
  await shows({ logo: `data:image/png;base64,${LOGO.toString('base64')}` }, () => page.getByLabel('Logo', { exact: true }).setInputFiles(logo));
  await page.getByAltText('The logo').waitFor();
  await page.waitForLoadState('networkidle');
  const last = await downloaded(page, () => pane(page).getByRole('link', { name: 'Save' }).click());
  assert.ok(!last.bytes.equals(first.bytes), 'the PDF is another one');
  await page.waitForTimeout(700);
  await picture(page, 'looks');
  assert.equal(await editor(page).inputValue(), text, 'the data stays as it was written');
  // What the data says goes before what is chosen, and a fault keeps its line.
  await fillSample(page, number, invoice => ({ ...invoice, style: 'classic', subtotal: 1 }));
  await click(page, 'Create documents');
  await title(page, /faults? to mend/);
  const wrong = await editor(page).inputValue();
  await pane(page).getByRole('button', { name: `Edit line ${lineOf(wrong, '"subtotal"')}` }).waitFor();
  await page.getByLabel('Logo', { exact: true }).setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await fillSample(page, number);
  await click(page, 'Preview');
  await pane(page).getByText('/logo').first().waitFor();
}, { expectErrors: [/status of 4(00|22)/] });

await test('looks are kept for all invoices, and given up again', async page => {
  await enter(page);
  await page.locator('#looks > summary').click();
  await page.getByLabel('Style').selectOption('Modern');
  await page.getByLabel('Logo', { exact: true }).setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: LOGO });
  await page.getByLabel('Subject of mails').fill('Your invoice {number}');
  await page.getByLabel('Subject of mails').press('Enter');
  await page.getByText('not kept so far').waitFor();
  await click(page, 'Keep for all my invoices');
  await page.getByText('All your invoices look like this from now on.').waitFor();
  await page.reload();
  await page.getByText('as kept for all my invoices').waitFor();
  await page.locator('#looks > summary').click();
  assert.equal(await page.getByLabel('Style').inputValue(), 'modern');
  assert.equal(await page.getByLabel('Subject of mails').inputValue(), 'Your invoice {number}');
  await page.getByAltText('The logo').waitFor();
  await fillSample(page, unique('KEPT'));
  const [sent] = await Promise.all([rendered(page), click(page, 'Preview')]);
  assert.equal(sent.style, undefined, 'the service knows it');
  await page.getByLabel('Footer').fill('\u{20000}');
  await click(page, 'Keep for all my invoices');
  await page.locator('#looks-note').getByText('no font covers').waitFor();
  await click(page, 'Back to the usual looks');
  await page.getByText('Your invoices have the usual looks again.').waitFor();
  assert.equal(await page.getByLabel('Style').inputValue(), '');
  assert.equal(await page.getByAltText('The logo').count(), 0);
});

await test('each invoice of the gallery can be loaded and seen', async page => {
  await enter(page);
  await click(page, 'Gallery');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: 'Gallery' }).waitFor();
  const titles = await dialog.locator('li').allTextContents();
  assert.ok(titles.length >= 9, `${titles}`);
  await page.waitForLoadState('networkidle');
  const widths = await dialog.locator('img').evaluateAll(images => { images.forEach(image => { image.loading = 'eager'; }); return Promise.all(images.map(image => image.decode().then(() => image.naturalWidth))); });
  assert.ok(widths.every(width => width > 100), `${widths}`);
  await picture(page, 'gallery');
  await click(page, 'Close');
  for (const name of titles) {
    await click(page, 'Gallery');
    const [sent] = await Promise.all([rendered(page), dialog.getByRole('button', { name, exact: true }).click()]);
    assert.ok(sent.invoice_no ?? sent.number, name);
    await page.getByText('The preview is ready.').waitFor();
    await pane(page).getByTitle('Preview of the PDF').waitFor();
  }
});

await test('an invoice is deleted only after a yes', async page => {
  await enter(page);
  const number = unique('GONE');
  await fillSample(page, number);
  await createAll(page, number);
  const remove = rowOf(page, number).getByRole('button', { name: `Delete ${number}` });
  await remove.click();
  await click(page, 'Keep it');
  assert.equal(await rowOf(page, number).count(), 1);
  await remove.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await rowOf(page, number).waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('heading', { name: 'New invoice' }).waitFor();
  await page.waitForLoadState('networkidle');
  assert.equal(await rowOf(page, number).count(), 0);
}, { expectErrors: [/status of 404/] }); // its state may be asked for in the very moment it goes

await test('older invoices come page by page, newest first', async page => {
  await enter(page);
  await page.waitForLoadState('networkidle');
  const token = await page.evaluate(() => sessionStorage.getItem('token'));
  const numbers = Array.from({ length: 12 }, () => unique('LIST'));
  await click(page, 'Try the sample');
  const sample = JSON.parse(await editor(page).inputValue());
  for (const number of numbers) {
    const answer = await page.request.post(new URL('/invoices?format=csv&notify=none', base).href, {
      headers: { Authorization: `Bearer ${token}`, Accept: 'application/json' }, data: { ...sample, invoice_no: number },
    });
    assert.ok(answer.ok(), `upload answers ${answer.status()}`);
  }
  await click(page, 'Refresh');
  await rowOf(page, numbers[11]).waitFor();
  assert.equal(await page.locator('#list > li').count(), 10);
  await click(page, 'Show older invoices');
  await rowOf(page, numbers[0]).waitFor();
  const order = await page.locator('#list > li strong').allTextContents();
  assert.deepEqual(order.filter(text => numbers.includes(text)), [...numbers].reverse());
});

await test('every refusal is said in words with a way on', async page => {
  await enter(page);
  await fillSample(page, unique('SAY'));
  const refuse = (status, headers = {}, body = {}) => page.route('**/invoices?format=*',
    route => route.fulfill({ status, headers: { 'Content-Type': 'application/problem+json', ...headers }, body: JSON.stringify({ status, ...body }) }));
  const say = async (text, reset = true) => {
    await click(page, 'Create documents');
    await page.getByRole('alert').getByText(text).waitFor();
    if (reset) await page.unroute('**/invoices?format=*');
  };
  await refuse(413, {}, { detail: 'At most 5 MiB are accepted.' });
  await say('At most 5 MiB are accepted.');
  assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0, 'the same again would not help');
  await refuse(503, { 'Retry-After': '120' });
  await say('Try again in 2 minutes');
  await refuse(500, {}, { trace_id: 'trace-of-this' });
  await say('reference trace-of-this');
  await page.route('**/invoices?format=*', route => route.abort('connectionrefused'));
  await say('The service cannot be reached.');
  // After a 429 the button counts down, and a retry carries the same Idempotency-Key.
  const keys = [];
  page.on('request', request => { if (request.url().includes('/invoices?format=')) keys.push(request.headers()['idempotency-key']); });
  await refuse(429, { 'Retry-After': '2' });
  await say('Try again in 2 seconds.');
  await page.getByRole('button', { name: 'Try again', exact: true }).click();
  await title(page, 'Documents');
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  assert.ok(keys[0]);
}, { expectErrors: [/status of (413|429|500|503)/, /ERR_CONNECTION_REFUSED/] });

await test('the documentation is linked', async page => {
  for (const name of ['API guide', 'OpenAPI']) {
    const target = await page.getByRole('link', { name }).getAttribute('href');
    const answer = await page.request.get(new URL(target, base).href);
    assert.equal(answer.status(), 200, `${target} answers`);
  }
});

// axe cannot be injected under the page's own policy, so this context alone goes without it.
for (const colorScheme of ['light', 'dark']) {
  await test(`accessibility, ${colorScheme}: no serious or critical finding`, async page => {
    const findings = [];
    const judge = async where => {
      const { violations } = await page.evaluate(source => { if (!window.axe) (0, eval)(source); return window.axe.run(document, { iframes: false }); }, axeSource);
      findings.push(...violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
        .map(({ id, nodes }) => `${where}: ${id} at ${nodes.map(node => node.target).join(', ')}`));
    };
    await judge('login');
    await page.route('**/login', route => route.fulfill({ status: 401, body: '{}' })); // real failures count against guessing
    await logIn(page);
    await page.getByRole('alert').waitFor();
    await judge('login with a message');
    await page.unroute('**/login');
    await enter(page);
    await judge('empty desk');
    const number = unique('AXE');
    await fillSample(page, number, invoice => ({ ...invoice, x_unknown_key: 1 }));
    await createAll(page, number);
    await judge('documents');
    await picture(page, `documents-${colorScheme}`);
    await fillSample(page, number, invoice => ({ ...invoice, subtotal: 1, x_unknown_key: 1 }));
    await click(page, 'Create documents');
    await title(page, /faults? to mend/);
    await judge('faults');
    await picture(page, `faults-${colorScheme}`);
    await rowOf(page, number).getByRole('button', { name: /^Delete/ }).click();
    await judge('dialog');
    await picture(page, `dialog-${colorScheme}`);
    assert.deepEqual(findings, []);
  }, { colorScheme, bypassCSP: true, expectErrors: [/status of 4(00|01|22)/] });
}

await test('at 360 pixels nothing runs out of the window', async page => {
  const fits = async where => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${where} is ${wide} px too wide`);
    await picture(page, `narrow-${where}`);
  };
  await fits('login');
  await enter(page);
  const number = unique('A_VERY_LONG_INVOICE_NUMBER_WITHOUT_A_PLACE_TO_BREAK');
  await fillSample(page, number);
  await createAll(page, number);
  await fits('documents');
  await fillSample(page, number, invoice => ({ ...invoice, subtotal: 1 }));
  await click(page, 'Create documents');
  await title(page, /faults? to mend/);
  await fits('faults');
}, { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce', expectErrors: [/status of 4(00|22)/] });

await browser.close();
await rm(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
