// Counts down to the opening.
{
  const opens = Date.now() + 1000 * [[opens]], e = document.getElementById('ar-countdown');
  setInterval(() => {
    const s = Math.max(0, Math.ceil((opens - Date.now()) / 1000));
    e.textContent = String(s / 3600 | 0).padStart(2, '0') + new Date(s * 1000).toISOString().slice(13, 19);
  }, 1000);
}
