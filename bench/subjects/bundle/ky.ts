import ky from "ky"

Object.assign(globalThis, { subject: ky })
