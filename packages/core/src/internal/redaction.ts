/**
 * Takes the API key, or another secret, out of a server's words: a server may quote the key that it refuses, and what it says
 * goes to terminals, logs and the journal.
 */
export type Redaction = (words: string) => string

/** What is as short as a word may stand in any answer. */
const minimumLength = 8

/** The key as it is, and as JSON, HTML and a URL write it. */
export const of = (key: string): Redaction => {
  if (key.length < minimumLength) return (words) => words
  const inJson = JSON.stringify(key).slice(1, -1)
  const inHtml = key.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
  const escaped = [inJson, inJson.replaceAll("/", "\\/"), inHtml, encodeURIComponent(key), encodeURI(key)]
  const forms = Array.from(new Set([key, ...escaped]))
  return (words) => forms.reduce((rest, form) => rest.replaceAll(form, "<redacted>"), words)
}
