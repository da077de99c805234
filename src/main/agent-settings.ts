/** What the server hands an agent process on its standard input, as one JSON object. */
export type AgentSettings = {
  /** The organisation's address: `http://127.0.0.1:PORT/millrace`. */
  readonly url: string;
  /** Read again for address when the server is gone. */
  readonly serverFile: string;
  readonly token: string;
  readonly poolId: number;
  readonly name: string;
  readonly workFolder: string;
};
