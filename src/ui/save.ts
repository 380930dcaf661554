/** Milliseconds after which a browser has surely read what it was given to save. */
const READ = 10_000;

/** Hands JSON to the browser to be saved under this name. */
export function saveJson(name: string, json: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([json], { type: 'application/json' }));
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, READ);
}
