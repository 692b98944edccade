/** A file as text, by Vite: part of what is built. */
declare module '*?raw' {
  const text: string;
  export default text;
}
