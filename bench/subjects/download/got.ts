import got from "got"
import { createWriteStream } from "node:fs"
import { pipeline } from "node:stream/promises"
import { measured } from "../measured.ts"
import { address, target } from "./address.ts"

await measured(() => pipeline(got.stream(address()), createWriteStream(target())))
