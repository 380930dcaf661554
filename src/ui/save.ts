/** Milliseconds after which a browser has surely read what it was given to save. */
const READ = 10_000;

/** Hands a text to the browser to be saved under this name. */
export function saveText(name: string, text: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, READ);
}

export const saveJson = (name: string, json: string): void => {
  saveText(name, json, 'application/json');
};
