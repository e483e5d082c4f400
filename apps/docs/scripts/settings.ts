// Writes the page of the server's settings from the list that the server itself reads them by.
import { writeFileSync } from "node:fs"
import { type Setting, settings } from "@voiceclone/server/Settings"

const flagOf = ({ flag, name }: Setting): string => (flag === "none" ? "" : `\`--${name}\``)

const rows = settings.map((setting: Setting) => {
  const { choices, description, fallback, name, variable } = setting
  const values = choices === undefined ? "" : `: ${choices.map((choice) => `\`${choice}\``).join(", ")}`
  return `| \`${name}\` | ${flagOf(setting)} | \`${variable}\` | ${description}${values} | ${fallback} |`
})

const page = `---
title: Settings of a server
description: Everything that voiceclone serve can be told, by flag, environment or file.
sidebar: { order: 4 }
---

A flag goes before the environment, and that before the configuration file. What is wrong ends the start, all of it at
once, with the place where each was said, and exit code 2.

| Key in the file | Flag | Variable | What it is | Default |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

Times are \`90s\`, \`10m\`, \`12h\`, \`7d\`, or bare seconds; sizes \`25MiB\`, \`25MB\`, or bare bytes. Secrets have no flag: every
user of a machine sees its command lines.

## The file

A JSON object, named by \`--config\` or \`VOICECLONE_CONFIG\`. Lists may be arrays, yes and no \`true\` and \`false\`. A key that is no
setting is an error that names the nearest one. Keep a file with secrets to its owner (\`chmod 600\`).

\`\`\`json
{
  "host": "0.0.0.0",
  "data": "/var/lib/voiceclone",
  "keys": ["anna:a-long-secret", "ben:another-secret"],
  "retention": "30d",
  "log": "json"
}
\`\`\`
`

writeFileSync(new URL("../src/content/docs/reference/settings.md", import.meta.url), page)
