/// <reference types="vite/client" />
import * as access from "./access.ts"
import * as form from "./form.ts"
import * as job from "./job.ts"
import * as left from "./left.ts"
import * as limits from "./limits.ts"
import * as recording from "./recording.ts"
import * as result from "./result.ts"
import * as sample from "./sample.ts"

const { apiKey, baseUrl } = access
const { text } = form

let textLength: number | undefined

const checkText = () => text.setCustomValidity(limits.textTooLong(text.value, { textLength }))

/** Asks the server that is named for its limits, and judges by them what has been given. */
const learnLimits = async () => {
  const address = baseUrl.value
  const found = await limits.of(address)
  if (address !== baseUrl.value) return
  textLength = found.textLength
  checkText()
  await sample.limit(found)
}

form.form.addEventListener("submit", (event) => {
  event.preventDefault()
  if (apiKey.isConnected && !apiKey.reportValidity()) return
  access.keep()
  void (form.start.formNoValidate ? job.goOn() : job.clone())
})
form.stop.addEventListener("click", job.stop)
document.querySelector("#pay-again")!.addEventListener("click", () => {
  if (form.isReady()) void job.clone(true)
})

sample.listen(job.reset)
recording.listen()
result.listen(job.complain)
for (const field of [text, baseUrl]) field.addEventListener("input", job.reset)
text.addEventListener("input", checkText)
baseUrl.addEventListener("change", () => void learnLimits())
apiKey.addEventListener("input", () => apiKey.removeAttribute("aria-invalid"))

const begin = async () => {
  left.recallText()
  const isIn = await access.enter().finally(() => void learnLimits())
  await left.goOn(isIn)
}

void begin().catch(job.explain)
