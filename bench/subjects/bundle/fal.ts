import { fal } from "@fal-ai/client"

Object.assign(globalThis, { subject: fal })
