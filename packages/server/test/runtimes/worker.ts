/** The same for workerd: a worker that is asked for the answers. */
import { answer, ask } from "./contract.ts"

export default {
  fetch: async () => {
    try {
      return Response.json(await ask(answer))
    } catch (error) {
      return new Response(error instanceof Error ? (error.stack ?? error.message) : String(error), { status: 500 })
    }
  },
}
