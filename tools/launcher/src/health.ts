/** Whether the process behind this health port is ready for work. */
export function isReady(healthPort: number): Promise<boolean> {
  return answers(`http://127.0.0.1:${healthPort}/health/ready`);
}

/** Whether a GET of this URL succeeds within 2 s. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
