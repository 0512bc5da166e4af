// Sets the tag of one service in a values file, by npm's yaml: set_tag.cjs SERVICE TAG FILE.
const fs = require("fs");
const { parseDocument } = require("yaml");

const [service, tag, path] = process.argv.slice(2);
const document = parseDocument(fs.readFileSync(path, "utf8"));
document.setIn(["services", service, "image", "tag"], tag);
fs.writeFileSync(path, document.toString());
