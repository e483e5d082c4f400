// Opens the built site in Chromium and uses it as a reader would: every trouble of the live page, by keyboard; the
// search; and a phone's width. With a directory, it also saves screenshots there: node scripts/look.ts [DIRECTORY]
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { chromium, type Page } from "playwright"

const dist = fileURLToPath(new URL("../dist/", import.meta.url))
const screenshots = process.argv[2]

const types: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
}
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://localhost")
  const file = join(dist, pathname.endsWith("/") ? `${pathname}index.html` : pathname)
  try {
    if (!file.startsWith(dist)) throw new Error("outside")
    const body = readFileSync(file)
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(body)
  } catch {
    response.writeHead(404).end()
  }
})
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

// It finds a Chromium, and installs one where there is none.
const finder = fileURLToPath(new URL("../../../scripts/chromium.mjs", import.meta.url))
const executablePath = execFileSync(process.execPath, [finder], { encoding: "utf8" }).trim()
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] })

const wrong: Array<string> = []
const ensure = (isSo: boolean, otherwise: string) => void (isSo || wrong.push(otherwise))

interface View {
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: "light" | "dark"
}
const open = async (path: string, { width = 1280, height = 900, colorScheme = "light" }: View = {}) => {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme })
  const page = await context.newPage()
  page.on("pageerror", (error) => wrong.push(`${path}: ${error.message}`))
  await page.goto(origin + path, { waitUntil: "networkidle" })
  return page
}
const close = (page: Page) => page.context().close()

/** How the job of each trouble ends: its verdict, how many tasks were made, and what only it shows. */
const ends: Record<string, readonly [verdict: RegExp, seen: RegExp]> = {
  none: [/^Whole and verified: 88,244 bytes, 2\.0 s\.\s*One task was made/, /GET \/task-result\/task-1\s*200, 88,244/],
  reset: [/^Whole and verified/, /200, reset after 44,122 bytes[^]*range: bytes=\d+-\s*if-range[^]*206/],
  changed: [/^Whole and verified: 88,244 bytes/, /reset after[^]*if-range[^]*200, 88,244/],
  "429": [/^Whole and verified/, /429, \d+ bytes[^]*TooManyRequests|TooManyRequests[^]*429, \d+ bytes/],
  "503": [/^Whole and verified/, /ServerUnavailable[^]*ServerUnavailable/],
  "lost-known": [/^Whole and verified.*\s*One task was made/, /POST \/create-task[^]*POST \/create-task/],
  "lost-unknown": [/^CreateOutcomeUnknown[^]*One task was made/, /^(?![^]*POST[^]*POST)/],
  digest: [/^ResultCorrupt/, /GET \/task-result/],
  expired: [/^ResultExpired[^]*One task was made/, /410/],
}

const live = await open("/live/")
const names = await live
  .locator("live-job input")
  .evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value))
ensure(
  names.toSorted().join() === Object.keys(ends).toSorted().join(),
  "scripts/look.ts knows other troubles than the live page has",
)
await live.locator("live-job input:checked").focus()
await live.keyboard.press("ArrowUp")
for (const name of names) {
  const chosen = await live.locator("live-job input:checked").getAttribute("value")
  ensure(chosen === name, `The arrow keys lead to ${chosen}, not ${name}`)
  await live.keyboard.press("Enter")
  await live.locator("live-job output:is([data-state=whole], [data-state=stopped])").waitFor({ timeout: 20_000 })
  const verdict = await live.locator("live-job output").innerText()
  const seen = await live.locator("live-job .lists").innerText()
  const [expected, shown] = ends[name] ?? [/^/, /^/]
  ensure(expected.test(verdict), `${name} ends with: ${verdict}`)
  ensure(shown.test(seen), `${name} does not show ${shown}: ${seen}`)
  ensure((await live.locator("live-job audio").isVisible()) === verdict.startsWith("Whole"), `${name}: the player`)
  if (screenshots !== undefined && (name === "reset" || name === "lost-unknown")) {
    await live.screenshot({ path: join(screenshots, `live-${name}.png`), fullPage: true })
  }
  await live.keyboard.press("ArrowDown")
}
await close(live)

const start = await open("/")
await start.keyboard.press("Control+k")
await start.locator("site-search input").fill("idempotency")
await start.locator("site-search .pagefind-ui__result-link").first().waitFor({ timeout: 10_000 })
const found = await start.locator("site-search .pagefind-ui__result-link").allInnerTexts()
ensure(
  found.some((title) => /paid twice|HTTP/.test(title)),
  `A search for “idempotency” finds ${found.join(", ")}`,
)
await close(start)

const pages = [
  "/",
  "/tutorial/first-job/",
  "/live/",
  "/guides/testing/",
  "/concepts/lifecycle/",
  "/concepts/verified/",
  "/reference/errors/",
]
for (const path of pages) {
  const phone = await open(path, { width: 390, height: 844 })
  const width = await phone.evaluate(() => document.documentElement.scrollWidth)
  ensure(width <= 390, `${path} is ${width} pixels wide on a phone of 390`)
  await close(phone)
}

if (screenshots !== undefined) {
  for (const path of pages) {
    const name = path === "/" ? "start" : path.split("/").filter(Boolean).join("-")
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await open(path, { colorScheme })
      await page.screenshot({ path: join(screenshots, `${name}-${colorScheme}.png`) })
      await close(page)
    }
    const phone = await open(path, { width: 390, height: 844, colorScheme: "dark" })
    await phone.screenshot({ path: join(screenshots, `${name}-phone.png`) })
    await close(phone)
  }
}

await browser.close()
server.close()
for (const one of wrong) console.error(one)
if (wrong.length > 0) process.exit(1)
console.log("The site was looked at: nothing wrong.")
