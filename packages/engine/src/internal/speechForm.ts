/** How a speech service wants to be asked. */
import * as Base64 from "effect/encoding/Base64"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { Recording } from "../Recording.ts"
import { encodeWav } from "./reference.ts"

/** What the fields of a request are called. A name that is empty leaves its field out. */
export interface Fields {
  readonly text: string
  readonly sample: string
  readonly transcript: string
  readonly model: string
  readonly voice: string
  readonly format: string
}

/** The known forms, and where services of each take requests. */
export const forms = {
  openai: {
    path: "/v1/audio/speech",
    fields: {
      text: "input",
      sample: "ref_audio",
      transcript: "ref_text",
      model: "model",
      voice: "voice",
      format: "response_format",
    },
  },
  multipart: {
    path: "/tts",
    fields: { text: "text", sample: "voice_wav", transcript: "", model: "", voice: "", format: "" },
  },
} as const satisfies Record<string, { readonly path: string; readonly fields: Fields }>

/** What goes with every request of one job. */
export interface Constant {
  readonly url: string
  readonly form: keyof typeof forms
  readonly fields: Fields
  readonly extra: Readonly<Record<string, string | number | boolean>>
  readonly values: { readonly model: string | undefined; readonly voice: string | undefined; readonly format: string }
}

/** Prepares the requests of one job: the sample is encoded once, whatever the number of passages. */
export const requestsOf = (constant: Constant, sample: Recording, transcript: string | undefined) => {
  const { extra, fields, form, url, values } = constant
  const wav = encodeWav(sample)
  const given = { ...values, transcript }
  const named = (["model", "voice", "format", "transcript"] as const).flatMap((field) => {
    const value = given[field]
    return fields[field] === "" || value === undefined ? [] : [[fields[field], value] as const]
  })
  if (form === "openai") {
    const body = {
      ...extra,
      ...Object.fromEntries(named),
      [fields.sample]: `data:audio/wav;base64,${Base64.encode(wav)}`,
    }
    return (text: string) =>
      HttpClientRequest.bodyText(
        HttpClientRequest.post(url),
        JSON.stringify({ ...body, [fields.text]: text }),
        "application/json",
      )
  }
  const file = new Blob([wav], { type: "audio/wav" })
  return (text: string) => {
    const data = new FormData()
    for (const [name, value] of Object.entries(extra)) data.append(name, String(value))
    for (const [name, value] of named) data.append(name, value)
    data.append(fields.text, text)
    data.append(fields.sample, file, "voice.wav")
    return HttpClientRequest.bodyFormData(HttpClientRequest.post(url), data)
  }
}
