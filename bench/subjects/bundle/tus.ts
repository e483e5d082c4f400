import { Upload } from "tus-js-client"

Object.assign(globalThis, { subject: Upload })
