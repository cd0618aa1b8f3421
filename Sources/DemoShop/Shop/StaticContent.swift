/// The content of the static files.
enum StaticContent {
    static let stylesheet = """
        :root { --ink: #1d1b2e; --paper: #fbf8f3; --accent: #c8385a; --line: #e4ddd2; color-scheme: light; }
        * { box-sizing: border-box; }
        body { margin: 0; color: var(--ink); background: var(--paper); font: 17px/1.5 system-ui, sans-serif; }
        header, main, footer { max-width: 60rem; margin: 0 auto; padding: 1rem 1.5rem; }
        header { display: flex; justify-content: space-between; align-items: center; }
        header a { color: inherit; text-decoration: none; font-weight: 700; }
        header img { vertical-align: middle; }
        nav a { margin-left: 1rem; font-weight: 400; }
        h1 { font-size: 2.2rem; line-height: 1.1; margin: 1rem 0; }
        h2 { font-weight: 400; margin: 0 0 1rem; }
        a { color: var(--accent); }
        .cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); }
        .card, .panel { background: #fff; border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; }
        .card { display: flex; flex-direction: column; gap: .25rem; color: inherit; text-decoration: none; }
        .card:hover, .card:focus { border-color: var(--accent); }
        .date { color: var(--accent); font-weight: 600; }
        .panel { display: flex; flex-wrap: wrap; gap: 1rem; align-items: end; margin-top: 1.5rem; }
        input, select { display: block; font: inherit; padding: .5rem; border: 1px solid var(--line);
          border-radius: .5rem; }
        button { font: inherit; font-weight: 600; color: #fff; background: var(--accent); border: 0;
          border-radius: .5rem; padding: .6rem 1.2rem; cursor: pointer; }
        table { width: 100%; border-collapse: collapse; }
        td { padding: .5rem 0; border-bottom: 1px solid var(--line); }
        td:last-child { text-align: right; }
        .total { font-weight: 700; }
        .alert { color: var(--accent); font-weight: 600; }
        footer { color: #6b6780; font-size: .85rem; }

        """

    static let script = """
        // Shows what the chosen number of tickets costs.
        for (const select of document.querySelectorAll("select[data-price]")) {
          const output = select.form.querySelector("output");
          select.addEventListener("change", () => {
            output.textContent = "€ " + (select.value * select.dataset.price / 100).toFixed(2);
          });
        }

        """

    static let logo = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">
        <path fill="#c8385a" d="M4 12h40v8a4 4 0 0 0 0 8v8H4v-8a4 4 0 0 0 0-8z"/>
        <path fill="none" stroke="#fbf8f3" stroke-width="2" stroke-dasharray="3 3" d="M32 13v22"/>
        <path fill="#fbf8f3" d="M14 31a3 3 0 1 1 2-2.8V17l9-2v4l-7 1.6V28a3 3 0 0 1-4 3z"/>
        </svg>

        """
}
