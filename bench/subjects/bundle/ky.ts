export { default } from "ky"
