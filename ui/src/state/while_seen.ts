// What is asked for again and again while somebody looks.

/**
 * Looks at once, and again so many milliseconds after each look has ended, until the function that it returns is called. A window that
 * nobody sees looks at nothing. `look` is given whether it is still wanted, for when its answer comes.
 */
export function whileSeen(rest: number | (() => number), look: (isWanted: () => boolean) => Promise<void>): () => void {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = async (): Promise<void> => {
    if (document.visibilityState !== "hidden") {
      await look(() => !isOver);
    }
    if (!isOver) {
      timer = setTimeout(() => void turn(), typeof rest === "number" ? rest : rest());
    }
  };
  void turn();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
