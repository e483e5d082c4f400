export { default } from "openai"
