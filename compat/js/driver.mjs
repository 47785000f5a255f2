// Calls GameLift operations with @aws-sdk/client-gamelift for a test written
// in another language. It reads one JSON document a line,
//
//   {"id": 1, "access": {…}, "op": "ListFleets", "input": {…}, "paginate": false}
//
// and writes one for each: {"id": 1, "output": {…}}, or {"id": 1, "error":
// {"name": …, "message": …, "typed": …}}. The first line it writes names the
// operations that the SDK has.

import { createInterface } from "node:readline";
import * as sdk from "@aws-sdk/client-gamelift";
import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor";

const clients = new Map();

function clientFor(access) {
  const key = JSON.stringify(access);
  if (!clients.has(key)) clients.set(key, newClient(access));
  return clients.get(key);
}

function newClient({ endpoint, cbor, keyID, secret, token, skew }) {
  const settings = {
    region: "us-east-1",
    credentials: { accessKeyId: keyID, secretAccessKey: secret, sessionToken: token },
    maxAttempts: 1,
    systemClockOffset: skew ?? 0,
  };
  if (endpoint) settings.endpoint = endpoint;
  if (cbor) settings.protocol = SmithyRpcV2CborProtocol;
  return new sdk.GameLiftClient(settings);
}

// The SDK wants times as Date, which JSON does not have.
function withDates(input) {
  const isTime = ([name, value]) => /Time$/.test(name) && typeof value === "string";
  const entries = Object.entries(input).map((e) => (isTime(e) ? [e[0], new Date(e[1])] : e));
  return Object.fromEntries(entries);
}

async function answer({ access, op, input, paginate }) {
  const client = clientFor(access);
  if (!paginate) return client.send(new sdk[`${op}Command`](withDates(input)));
  const pages = [];
  for await (const page of sdk[`paginate${op}`]({ client, pageSize: input.Limit }, input)) pages.push(page);
  return { pages };
}

function describe(error) {
  const type = sdk[error.name];
  return { name: error.name, message: error.message, typed: typeof type === "function" && error instanceof type };
}

const write = (document) => process.stdout.write(JSON.stringify(document, (k, v) => (k === "$metadata" ? undefined : v)) + "\n");

write({ operations: Object.keys(sdk).filter((k) => k.endsWith("Command")).map((k) => k.slice(0, -"Command".length)) });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  answer(request).then(
    (output) => write({ id: request.id, output }),
    (error) => write({ id: request.id, error: describe(error) }),
  );
}
