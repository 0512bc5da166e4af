// Cuts what GitHub publishes about its REST API down to what rakops asks, and writes github.json beside this file.
//
//   node tests/contract/cut.mjs
//
// Requests are kept whole and made strict: a field that is not described is an error. Of answers an example is kept, since
// the answers of the stand-in are made of it; the published examples break their own schemas, so the schemas go.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { here, modules, requireFrom } from "./modules.mjs";

const WANTED = {
  "/meta": "get",
  "/rate_limit": "get",
  "/user": "get",
  "/orgs/{org}/teams/{team_slug}/members": "get",
  "/repos/{owner}/{repo}": "get",
  "/repos/{owner}/{repo}/activity": "get",
  "/repos/{owner}/{repo}/branches/{branch}": "get",
  "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": "get",
  "/repos/{owner}/{repo}/commits/{ref}": "get",
  "/repos/{owner}/{repo}/commits/{ref}/check-runs": "get",
  "/repos/{owner}/{repo}/commits/{ref}/status": "get",
  "/repos/{owner}/{repo}/compare/{basehead}": "get",
  "/repos/{owner}/{repo}/git/ref/{ref}": "get",
  "/repos/{owner}/{repo}/git/refs/{ref}": "delete",
  "/repos/{owner}/{repo}/issues/{issue_number}/assignees": "post",
  "/repos/{owner}/{repo}/issues/{issue_number}/comments": "get post",
  "/repos/{owner}/{repo}/issues/comments/{comment_id}": "get patch",
  "/repos/{owner}/{repo}/issues/{issue_number}/labels": "get post put",
  "/repos/{owner}/{repo}/merges": "post",
  "/repos/{owner}/{repo}/pulls": "get post",
  "/repos/{owner}/{repo}/pulls/{pull_number}": "get patch",
  "/repos/{owner}/{repo}/pulls/{pull_number}/commits": "get",
  "/repos/{owner}/{repo}/pulls/{pull_number}/files": "get",
  "/repos/{owner}/{repo}/pulls/{pull_number}/merge": "get put",
  "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers": "get post delete",
  "/repos/{owner}/{repo}/pulls/{pull_number}/reviews": "get",
  "/repos/{owner}/{repo}/pulls/{pull_number}/update-branch": "put",
  "/repos/{owner}/{repo}/rules/branches/{branch}": "get",
};

const require = requireFrom(modules("--with-source"));
const source = join(dirname(require.resolve("@octokit/openapi/package.json")), "generated/api.github.com.json");
const published = JSON.parse(readFileSync(source, "utf8"));

const look = (reference) => reference.slice(2).split("/").reduce((at, key) => at[key], published);
/** A copy with every `$ref` replaced by what it names. */
const whole = (node) => {
  if (Array.isArray(node)) return node.map(whole);
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") return whole(look(node.$ref));
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, whole(value)]));
};
/** Forbids what is not described, at every depth. */
const strict = (schema) => {
  if (Array.isArray(schema)) return schema.map(strict);
  if (schema === null || typeof schema !== "object") return schema;
  const copy = Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !["description", "example", "examples", "title"].includes(key) || typeof schema[key] === "object")
      .map(([key, value]) => [key, strict(value)]),
  );
  if (copy.properties && copy.additionalProperties === undefined) copy.additionalProperties = false;
  return copy;
};
const first = (media) => {
  if (media.example !== undefined) return whole(media.example);
  const examples = Object.values(media.examples ?? {});
  return examples.length > 0 ? whole(examples[0]).value : undefined;
};
const answer = (status, response) => {
  const described = whole({ ...response, content: undefined, headers: undefined });
  const media = response.content?.["application/json"];
  if (!media) return { description: described.description };
  const example = first(media) ?? (status >= "400" ? { message: described.description } : {});
  return { description: described.description, content: { "application/json": { schema: {}, example } } };
};
const operation = (item, method) => {
  const found = item[method];
  const parameters = [...(item.parameters ?? []), ...(found.parameters ?? [])].map(whole).map((parameter) => ({
    name: parameter.name,
    in: parameter.in,
    required: parameter.required ?? false,
    schema: strict(parameter.schema),
  }));
  const cut = { operationId: found.operationId, parameters, responses: {} };
  if (found.requestBody) {
    const body = whole(found.requestBody);
    const schema = strict(body.content["application/json"].schema);
    cut.requestBody = { required: body.required ?? false, content: { "application/json": { schema } } };
  }
  for (const [status, response] of Object.entries(found.responses)) {
    cut.responses[status] = answer(status, response.$ref ? look(response.$ref) : response);
  }
  return cut;
};

const paths = {};
for (const [path, methods] of Object.entries(WANTED)) {
  const item = published.paths[path];
  if (!item) throw new Error(`GitHub publishes no ${path}`);
  paths[path] = Object.fromEntries(methods.split(" ").map((method) => [method, operation(item, method)]));
}
const { title, version, license } = published.info;
const cut = {
  openapi: published.openapi,
  info: { title: `${title}, cut to what rakops asks`, version, license },
  servers: [{ url: "/" }],
  paths,
};
const text = `${JSON.stringify(cut, null, 1)}\n`;
writeFileSync(join(here, "github.json"), text);
console.log(`github.json: ${Object.keys(paths).length} paths, ${(text.length / 1024).toFixed(0)} KiB`);
