/** In the place of elkjs, whose licence is not one of ours: who asks for its layout (Mermaid's default) is told, and sees the source. */
export default class NoElk {
  constructor() {
    throw new Error('unknown layout: elk');
  }
}
