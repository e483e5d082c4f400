import OpenAI from "openai"

Object.assign(globalThis, { subject: OpenAI })
