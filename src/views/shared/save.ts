/** Milliseconds after which a browser has surely read what it was given to save. */
const READ = 10_000;

/** Hands bytes to the browser to be saved under this name. */
export function saveBlob(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, READ);
}

export const saveText = (name: string, text: string, type: string): void => {
  saveBlob(name, new Blob([text], { type }));
};

export const saveJson = (name: string, json: string): void => {
  saveText(name, json, 'application/json');
};
