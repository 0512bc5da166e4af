// Checks every GraphQL document of the forge against the schema that GitHub publishes: node tests/contract/validate.mjs
import { documents, loadGraphql, modules } from "./modules.mjs";

const { graphql, schema } = loadGraphql(modules());
const found = documents();
let failed = 0;
for (const { path, text } of found) {
  let errors;
  try {
    errors = graphql.validate(schema, graphql.parse(text));
  } catch (error) {
    errors = [error];
  }
  for (const error of errors) {
    const line = error.locations?.[0]?.line ?? 1;
    console.error(`${path}:${line}: ${error.message}`);
    failed += 1;
  }
}
console.log(`contract: ${found.length} GraphQL documents, ${failed} complaints`);
process.exit(found.length === 0 || failed > 0 ? 1 : 0);
