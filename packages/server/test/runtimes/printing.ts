/** Asks the contract in this process, and prints what was answered: for Node.js, Bun and Deno. */
import { answer, ask } from "./contract.ts"

console.log(JSON.stringify(await ask(answer)))
