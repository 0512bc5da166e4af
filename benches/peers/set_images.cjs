// Sets the new tag of one image in many kustomizations, by npm's yaml in one process: set_images.cjs IMAGE TAG FILE…
const fs = require("fs");
const { parseDocument } = require("yaml");

const [image, tag, ...paths] = process.argv.slice(2);
for (const path of paths) {
    const document = parseDocument(fs.readFileSync(path, "utf8"));
    for (const entry of document.get("images").items) {
        if (entry.get("name") === image) entry.set("newTag", tag);
    }
    fs.writeFileSync(path, document.toString());
}
