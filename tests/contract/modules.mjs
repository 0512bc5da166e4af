// Where install.sh put the modules, and what is loaded from there.
import { createRequire } from "node:module";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
export const project = join(here, "../..");

/** The directory of the modules. */
export const modules = (...words) =>
  execFileSync(join(here, "install.sh"), words.length > 0 ? words : ["--where"], { encoding: "utf8" }).trim();

/** A `require` that finds the modules. */
export const requireFrom = (directory) => createRequire(join(directory, "x.js"));

/** GitHub's GraphQL schema and the library that reads it. */
export const loadGraphql = (directory) => {
  const require = requireFrom(directory);
  const graphql = require("graphql");
  const sdl = readFileSync(join(join(directory, "@octokit/graphql-schema"), "schema.graphql"), "utf8");
  // The published text has fields twice, which a valid one may not have.
  return { graphql, schema: graphql.buildSchema(sdl, { assumeValidSDL: true }) };
};

/** Every `*.graphql` file of the forge, by path from the project. */
export const documents = () => {
  const folder = "src/forge/github";
  const names = readdirSync(join(project, folder), { recursive: true }).filter((name) => name.endsWith(".graphql"));
  return names.sort().map((name) => ({ path: join(folder, name), text: readFileSync(join(project, folder, name), "utf8") }));
};
