// A stand-in for GitHub that answers by its published API and notes every request that breaks it.
//
//   node tests/contract/serve.mjs                      says `listening URL`, and serves until stdin is closed
//   node tests/contract/serve.mjs -- COMMAND WORD…     runs one command against it; fails if the command or a request does
//
// REST requests go to Prism with github.json, where unknown fields are errors, and are answered with GitHub's examples.
// GraphQL documents are validated against GitHub's schema and answered by its types.
//
//   GET  /__report     what was asked: [{method, path, status, violations}]
//   POST /__answer     {method, path, status, body}: the next request whose path matches the regular expression is answered
//                      so, after it was checked; without a body, Prism makes the answer of that status
//
// Prism keeps nothing: flows are tried against the fakes that do.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { here, loadGraphql, modules } from "./modules.mjs";

const directory = modules();
const described = JSON.parse(readFileSync(join(here, "github.json"), "utf8")).paths;
const { graphql, schema } = loadGraphql(directory);
const report = [];
const answers = [];

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
};

const ask = (port, { method, url, headers, body }) =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, method, path: url, headers }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }));
    });
    request.on("error", reject);
    request.end(body);
  });

/** Query names that the description does not know: Prism lets them pass. */
const unknownQueries = (method, url) => {
  const { pathname, searchParams } = new URL(url, "http://x");
  const segments = pathname.split("/");
  const fits = (template) => {
    const parts = template.split("/");
    return parts.length === segments.length && parts.every((part, at) => part.startsWith("{") || part === segments[at]);
  };
  const template = Object.keys(described).find((path) => fits(path) && described[path][method.toLowerCase()]);
  if (!template) return [];
  const known = described[template][method.toLowerCase()].parameters.filter((it) => it.in === "query").map((it) => it.name);
  return [...searchParams.keys()].filter((name) => !known.includes(name)).map((name) => `unknown query parameter \`${name}\``);
};

/** What a client has to send with everything. */
const missingHeaders = (headers) => {
  const wrong = [];
  if (!/^Bearer ./.test(headers.authorization ?? "")) wrong.push("no `Authorization: Bearer`");
  if (headers.accept !== "application/vnd.github+json") wrong.push("no `Accept: application/vnd.github+json`");
  if (!headers["user-agent"]) wrong.push("no `User-Agent`");
  return wrong;
};

const rest = async (port, request, wanted) => {
  // GitHub's own media type is described nowhere in its description, so Prism would know no content for it.
  const headers = { ...request.headers, accept: "application/json", host: `127.0.0.1:${port}` };
  if (wanted) headers.prefer = `code=${wanted.status}`;
  const answer = await ask(port, { ...request, headers });
  const told = JSON.parse(answer.headers["sl-violations"] ?? "[]");
  const violations = told.filter((it) => it.location[0] === "request").map((it) => `${it.location.join(".")}: ${it.message}`);
  if (/NO_PATH_MATCHED|NO_METHOD_MATCHED|NO_SERVER/.test(answer.body)) violations.push(JSON.parse(answer.body).title);
  violations.push(...unknownQueries(request.method, request.url));
  return { ...answer, violations };
};

/** A value for every field, by its type alone. */
const madeUp = (source, _arguments, _context, info) => {
  if (source && info.fieldName in source) return source[info.fieldName];
  const value = (type) => {
    if (graphql.isNonNullType(type)) return value(type.ofType);
    if (graphql.isListType(type)) return [value(type.ofType)];
    if (graphql.isEnumType(type)) return type.getValues()[0].value;
    if (graphql.isAbstractType(type)) {
      const names = schema.getPossibleTypes(type).map((it) => it.name);
      return { __typename: ["PullRequest", "Commit", "User"].find((name) => names.includes(name)) ?? names[0] };
    }
    if (graphql.isObjectType(type)) return {};
    return { Int: 1, Float: 1, Boolean: false, DateTime: "2026-01-01T00:00:00Z" }[type.name] ?? "text";
  };
  return value(info.returnType);
};

const answerGraphql = async (request) => {
  const violations = [];
  let data = null;
  try {
    const { query, variables, ...others } = JSON.parse(request.body);
    violations.push(...Object.keys(others).filter((name) => name !== "operationName").map((name) => `unknown field \`${name}\``));
    const document = graphql.parse(query);
    violations.push(...graphql.validate(schema, document).map((error) => error.message));
    if (violations.length === 0) {
      const result = await graphql.execute({ schema, document, variableValues: variables, fieldResolver: madeUp });
      data = result.data ?? null;
      violations.push(...(result.errors ?? []).map((error) => error.message));
    }
  } catch (error) {
    violations.push(error.message);
  }
  const body = violations.length === 0 ? { data } : { data, errors: violations.map((message) => ({ message })) };
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body), violations };
};

const handle = async (port, request) => {
  if (request.url === "/__report") return { status: 200, headers: {}, body: JSON.stringify(report) };
  if (request.url === "/__answer") {
    answers.push(JSON.parse(request.body));
    return { status: 204, headers: {}, body: "" };
  }
  const isGraphql = /^(\/api)?\/graphql$/.test(request.url);
  const path = isGraphql ? request.url : request.url.replace(/^\/api\/v3(?=\/)/, "");
  const at = answers.findIndex((it) => it.method === request.method && new RegExp(`^${it.path}$`).test(path));
  const [wanted] = at < 0 ? [] : answers.splice(at, 1);
  const asked = { ...request, url: path };
  const forced = wanted && wanted.body === undefined ? wanted : undefined;
  const answer = isGraphql ? await answerGraphql(asked) : await rest(port, asked, forced);
  const violations = [...answer.violations, ...missingHeaders(request.headers)];
  const status = wanted?.status ?? answer.status;
  report.push({ method: request.method, path, status, violations });
  if (wanted?.body === undefined) return { ...answer, status };
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(wanted.body) };
};

const KEPT = ["content-type", "link", "location", "retry-after"];
const front = (port) =>
  http.createServer((incoming, outgoing) => {
    const parts = [];
    incoming.on("data", (part) => parts.push(part));
    incoming.on("end", async () => {
      const { method, url, headers } = incoming;
      let answer;
      try {
        answer = await handle(port, { method, url, headers, body: Buffer.concat(parts) });
      } catch (error) {
        report.push({ method, path: url, status: 500, violations: [`the stand-in failed: ${error.stack}`] });
        answer = { status: 500, headers: {}, body: "" };
      }
      outgoing.writeHead(answer.status, Object.fromEntries(Object.entries(answer.headers).filter(([name]) => KEPT.includes(name))));
      outgoing.end(answer.body);
    });
  });

const prismPort = await freePort();
const prism = spawn(
  join(directory, ".bin/prism"),
  ["mock", "--host", "127.0.0.1", "--port", String(prismPort), "--verboseLevel", "error", join(here, "github.json")],
  { stdio: ["ignore", "ignore", "inherit"] },
);
const stop = (status) => {
  prism.kill();
  process.exit(status);
};
for (let tries = 0; ; tries += 1) {
  try {
    await ask(prismPort, { method: "GET", url: "/meta", headers: {} });
    break;
  } catch (error) {
    if (tries > 600 || prism.exitCode !== null) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const server = front(prismPort).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}`;

const at = process.argv.indexOf("--");
if (at < 0) {
  console.log(`listening ${url}`);
  process.stdin.resume().on("end", () => stop(0));
} else {
  const [command, ...words] = process.argv.slice(at + 1);
  const env = { RAKOPS_GITHUB_TOKEN: "a-token", ...process.env, RAKOPS_FORGE_KIND: "github", RAKOPS_FORGE_URL: url };
  const [status] = await once(spawn(command, words, { stdio: "inherit", env }), "exit");
  const wrong = report.flatMap(({ method, path, violations }) => violations.map((why) => `${method} ${path}: ${why}`));
  for (const line of wrong) console.error(line);
  console.error(`contract: ${report.length} requests, ${wrong.length} violations`);
  stop(status !== 0 || wrong.length > 0 ? 1 : 0);
}
