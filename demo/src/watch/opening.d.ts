declare module 'virtual:opening' {
  const text: string;
  export default text;
}
