import { argument } from "../measured.ts"

export const address = (): string => `${argument(0)}/api/async-clone/create-task`

export const expectCreated = (body: unknown): void => {
  if ((body as { readonly task_id?: unknown }).task_id !== "task") throw new Error(JSON.stringify(body))
}
