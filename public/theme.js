// Before the first paint: the colours that the user chose (src/state/preferences.ts).
try {
  const { theme } = JSON.parse(localStorage.getItem('switchyard.preferences') ?? '{}');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is denied: the system's colours.
}
