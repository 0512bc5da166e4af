// Checks a SARIF log against the published schema: node tests/contract/sarif.mjs FILE
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { modules, requireFrom } from "./modules.mjs";

const home = join(modules(), "@microsoft/jest-sarif");
const require = requireFrom(home);
const Ajv = require("ajv");
const ajv = new Ajv({ schemaId: "auto", allErrors: true });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json"));
const schema = JSON.parse(readFileSync(join(home, "lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"));
const log = JSON.parse(readFileSync(process.argv[2], "utf8"));
const fits = ajv.validate(schema, log);
for (const error of ajv.errors ?? []) console.error(`${error.dataPath || "/"}: ${error.message}`);
process.exit(fits ? 0 : 1);
