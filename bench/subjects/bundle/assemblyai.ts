import { AssemblyAI } from "assemblyai"

Object.assign(globalThis, { subject: AssemblyAI })
