import Replicate from "replicate"

Object.assign(globalThis, { subject: Replicate })
