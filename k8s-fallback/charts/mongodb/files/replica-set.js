// Makes this member a part of the replica set, and tells by its exit code whether it is one. The startup probe runs it
// until it is; it may run at any time and any number of times.

const fs = require("fs");

const { DATABASE_NAME, DATABASE_USER, MEMBER, MEMBERS, REPLICA_SET, URL_OPTIONS } = process.env;
const LOOPBACK = "127.0.0.1:27017";
const LIMITS = "serverSelectionTimeoutMS=3000&connectTimeoutMS=3000";

function secret(name) {
  return fs.readFileSync(`/secrets/${name}`, "utf8").trim();
}

function connect(host, login) {
  const url = `mongodb://${login}${host}/admin?directConnection=true&${LIMITS}${URL_OPTIONS}`;
  return new Mongo(url).getDB("admin");
}

function asAdministrator(host) {
  return connect(host, `admin:${encodeURIComponent(secret("admin-password"))}@`);
}

// What a member says of the set, or null where it is out of reach or knows no users yet.
function stateOf(host) {
  try {
    const admin = asAdministrator(host);
    admin.runCommand({ usersInfo: 1 });
    return admin.hello();
  } catch (error) {
    return null;
  }
}

// Another member knows it where this one is new, also where this one has lost its volume.
function knownPrimary() {
  for (const host of MEMBERS.split(",")) {
    const state = host === MEMBER ? null : stateOf(host);
    if (state !== null && state.primary) {
      return state.primary;
    }
  }
  return null;
}

function join(primary) {
  const admin = asAdministrator(primary);
  const config = admin.adminCommand({ replSetGetConfig: 1 }).config;
  const ids = config.members.map((member) => member._id);
  if (config.members.some((member) => member.host === MEMBER)) {
    return;
  }
  config.members.push({ _id: Math.max(...ids) + 1, host: MEMBER });
  config.version += 1;
  admin.adminCommand({ replSetReconfig: config });
}

function initiate() {
  // Without users the loopback may do this and make the first user.
  const admin = connect(LOOPBACK, "");
  if (!admin.hello().setName) {
    admin.adminCommand({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host: MEMBER }] } });
  }
  for (let tries = 0; tries < 50 && !admin.hello().isWritablePrimary; tries += 1) {
    sleep(200);
  }
  admin.createUser({ user: "admin", pwd: secret("admin-password"), roles: ["root"] });
}

function keepUser() {
  const admin = asAdministrator(LOOPBACK);
  const user = { pwd: secret("password"), roles: [{ role: "readWrite", db: DATABASE_NAME }] };
  if (admin.getUser(DATABASE_USER) === null) {
    admin.createUser({ user: DATABASE_USER, ...user });
  } else {
    admin.updateUser(DATABASE_USER, user);
  }
}

function becomeMember() {
  const primary = knownPrimary();
  if (primary !== null) {
    join(primary);
  } else if (MEMBERS.split(",")[0] === MEMBER) {
    initiate();
  }
}

if (stateOf(LOOPBACK) === null) {
  becomeMember();
}
const state = stateOf(LOOPBACK);
if (state !== null && state.isWritablePrimary) {
  keepUser();
}
quit(state !== null && (state.isWritablePrimary || state.secondary) ? 0 : 1);
