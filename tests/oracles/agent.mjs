// Asks a network through the official agent, `@icp-sdk/core` (agent-js), with all its checks on: certificates of calls
// and state, node signatures of queries.
//
//   node agent.mjs --batch    reads one question a line, answers {name, ...} a line, in order
//
// {name, ask, url, rootKey, identity, canister, method, hex}
// ask: "update" or "query" answers {hex}: the reply; "status" answers what is certified of the canister; "subnet" of the
// subnet; "principal" answers {text}: who the identity is.
// rootKey: hex, or "" to fetch it. identity: anonymous, ed25519, secp256k1, p256, delegation, targeted (a delegation for
// the canister alone), stranger (one for another canister), expired (a delegation of yesterday).
//
// An answer {error, code, status} says that it failed.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { AnonymousIdentity, CanisterStatus, HttpAgent, SubnetStatus } from "@icp-sdk/core/agent";
import { DelegationChain, DelegationIdentity, ECDSAKeyIdentity, Ed25519KeyIdentity } from "@icp-sdk/core/identity";
import { Secp256k1KeyIdentity } from "@icp-sdk/core/identity/secp256k1";
import { Principal } from "@icp-sdk/core/principal";

const HOUR = 3_600_000;
const seed = (name) => new Uint8Array(createHash("sha256").update(name).digest());
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"));

async function delegated(targets, lifetime) {
  const [root, session] = [Ed25519KeyIdentity.generate(seed("root")), Ed25519KeyIdentity.generate(seed("session"))];
  const options = targets ? { targets } : {};
  const chain = await DelegationChain.create(root, session.getPublicKey(), new Date(Date.now() + lifetime), options);
  return DelegationIdentity.fromDelegation(session, chain);
}

const p256 = ECDSAKeyIdentity.generate();

const IDENTITIES = {
  anonymous: () => new AnonymousIdentity(),
  ed25519: () => Ed25519KeyIdentity.generate(seed("alice")),
  secp256k1: () => Secp256k1KeyIdentity.fromSecretKey(seed("bob")),
  p256: () => p256,
  delegation: () => delegated(undefined, HOUR),
  targeted: (canister) => delegated([canister], HOUR),
  stranger: () => delegated([Principal.fromText("ryjl3-tyaaa-aaaaa-aaaba-cai")], HOUR),
  expired: () => delegated(undefined, -24 * HOUR),
};

const agents = new Map();

async function agentOf({ url, rootKey, identity, canister }) {
  const key = `${url} ${rootKey} ${identity} ${canister}`;
  if (!agents.has(key)) {
    const made = await HttpAgent.create({
      host: url,
      identity: await IDENTITIES[identity](Principal.fromText(canister)),
      verifyQuerySignatures: true,
      retryTimes: 0,
      ...(rootKey ? { rootKey: bytes(rootKey) } : { shouldFetchRootKey: true }),
    });
    agents.set(key, made);
  }
  return agents.get(key);
}

function plain(value) {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  if (value instanceof Uint8Array) return hex(value);
  if (value instanceof Principal) return value.toText();
  if (value instanceof Date) return value.getTime();
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
}

async function answer(question) {
  const agent = await agentOf(question);
  const canisterId = Principal.fromText(question.canister);
  const fields = { methodName: question.method, arg: bytes(question.hex ?? "") };
  switch (question.ask) {
    case "principal":
      return { text: (await agent.getPrincipal()).toText() };
    case "update": {
      const { reply } = await agent.update(canisterId, { ...fields, effectiveCanisterId: canisterId });
      return { hex: hex(reply) };
    }
    case "query": {
      const said = await agent.query(canisterId, fields);
      if (said.status === "replied") return { hex: hex(said.reply.arg) };
      return { error: said.reject_message, code: said.reject_code, errorCode: said.error_code };
    }
    case "status": {
      const paths = ["time", "controllers", "module_hash", "candid", "subnet"];
      return { status: plain(await CanisterStatus.request({ agent, canisterId, paths })) };
    }
    case "subnet": {
      const subnetId = Principal.fromText(question.method);
      const paths = ["time", "canisterRanges", "publicKey", "nodeKeys"];
      return { status: plain(await SubnetStatus.request({ agent, subnetId, paths })) };
    }
    default:
      throw new Error(`unknown question ${question.ask}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  let said;
  try {
    said = await answer(question);
  } catch (error) {
    const code = error.code ?? error.cause?.code ?? {};
    said = { error: String(error.message), code: code.rejectCode, errorCode: code.rejectErrorCode, kind: code.name };
  }
  process.stdout.write(`${JSON.stringify({ name: question.name, ...said })}\n`);
}
