/**
 * Who is called, and by whom: the server that has opened this page by itself, or the one that the fields name.
 */
import { VoiceClone } from "@voiceclone/browser/VoiceClone"

const server = document.querySelector<HTMLElement>("#server")!
export const baseUrl = document.querySelector<HTMLInputElement>("#base-url")!
export const apiKey = document.querySelector<HTMLInputElement>("#api-key")!

/** Kept for as long as this tab is open, and for this origin alone; or not at all, where the browser keeps nothing. */
export const kept = ((): Pick<Storage, "getItem" | "setItem" | "removeItem"> => {
  try {
    return sessionStorage
  } catch {
    const held = new Map<string, string>()
    return {
      getItem: (key) => held.get(key) ?? null,
      setItem: (key, value) => void held.set(key, value),
      removeItem: (key) => void held.delete(key),
    }
  }
})()

const token = () => kept.getItem("token")

const showFields = () => {
  if (token() !== null) server.remove()
  else document.querySelector(".actions")!.before(server)
}

/** Takes what the server has put into the address: a code that is good for one visit, and gives a token. */
const exchange = async (code: string) => {
  // neither a reload nor the history shall show it
  history.replaceState(null, "", location.pathname)
  const response = await fetch("/session", { method: "POST", headers: { authorization: `Bearer ${code}` } })
  const { detail, token } = (await response.json()) as { readonly detail?: string; readonly token?: string }
  if (token === undefined) {
    throw Object.assign(new Error("This page was not let in"), { nextStep: `${detail}. Or type the API key below.` })
  }
  kept.setItem("token", token)
}

/** Finds out whether this page may call a server, as this tab knows. */
export const enter = async (): Promise<boolean> => {
  if (import.meta.env.MODE === "production") baseUrl.value = `${location.origin}/api`
  try {
    if (location.hash.length > 1) await exchange(location.hash.slice(1))
  } finally {
    showFields()
  }
  if (token() !== null) return true
  const access = kept.getItem("access")
  if (access !== null) [baseUrl.value, apiKey.value] = JSON.parse(access) as [string, string]
  return access !== null
}

/** For as long as this tab is open. */
export const keep = () => {
  if (token() === null) kept.setItem("access", JSON.stringify([baseUrl.value, apiKey.value]))
}

/** Forgets who calls; says whether the server had let this page in by itself, as it doesn't any more once it was started again. */
export const leave = (): boolean => {
  const wasLetIn = token() !== null
  kept.removeItem("token")
  kept.removeItem("access")
  showFields()
  return wasLetIn
}

/** The server that is called, as jobs are written down with it. */
export const address = (): string =>
  new URL(token() === null ? baseUrl.value : "/api", location.href).href
    .replace(/\/+$/, "")
    .replace("//localhost", "//127.0.0.1")

const make = (): VoiceClone => {
  const given = token()
  return given === null
    ? // without a key, what is known here can be read all the same
      new VoiceClone({ apiKey: apiKey.value.trim() || "none", baseUrl: baseUrl.value, allowApiKeyInBrowser: true })
    : new VoiceClone({ token: () => given, baseUrl: "/api" })
}

let current: { readonly caller: string; readonly client: VoiceClone } | undefined

/** One client for as long as the same is called by the same: where the browser keeps nothing, it alone knows of the jobs. */
export const client = (): VoiceClone => {
  const caller = JSON.stringify([token(), baseUrl.value, apiKey.value])
  if (current?.caller !== caller) {
    void current?.client.close()
    current = { caller, client: make() }
  }
  return current.client
}
