/* The charts of the first page, drawn by the Chart.js that unfold brings. Each canvas names the JSON it is drawn from;
   a click on a part goes where that part's number leads. Colours are the stylesheet's, and follow light and dark. */
"use strict";

(() => {
    const charts = [];
    const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const language = document.documentElement.lang || "en";
    const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });

    const rowsOf = (canvas) => JSON.parse(document.getElementById(canvas.dataset.rows).textContent);

    const follow = (rows) => (event, hit) => {
        if (hit.length) window.location = rows.link[hit[0].index];
    };

    const point = (event, hit) => {
        event.native.target.style.cursor = hit.length ? "pointer" : "default";
    };

    const shared = (rows) => ({
        responsive: true,
        maintainAspectRatio: false,
        animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 400 },
        onClick: follow(rows),
        onHover: point,
        plugins: {
            legend: { display: false },
            tooltip: {
                displayColors: false,
                callbacks: {
                    title: (items) => rows.label[items[0].dataIndex],
                    label: (item) => rows.amount[item.dataIndex],
                },
            },
        },
    });

    const columns = (rows) => {
        const options = shared(rows);
        options.scales = {
            x: {
                grid: { display: false },
                border: { display: false },
                ticks: { color: style("--chart-text"), maxRotation: 0 },
            },
            y: {
                beginAtZero: true,
                border: { display: false },
                grid: { color: style("--chart-grid") },
                ticks: { color: style("--chart-text"), maxTicksLimit: 6, callback: (value) => short.format(value) },
            },
        };
        const colours = rows.value.map((_, n) => style(n === rows.value.length - 1 ? "--chart-now" : "--chart-past"));
        const data = { data: rows.value, backgroundColor: colours, borderRadius: 4, maxBarThickness: 44 };
        return { type: "bar", data: { labels: rows.short, datasets: [data] }, options };
    };

    const parts = (rows) => {
        const options = shared(rows);
        options.cutout = "68%";
        const colours = rows.colour.map((name) => style(`--part-${name}`));
        const data = { data: rows.value, backgroundColor: colours, borderWidth: 0, spacing: 2 };
        return { type: "doughnut", data: { labels: rows.label, datasets: [data] }, options };
    };

    const shapes = { columns, parts };

    const draw = () => {
        while (charts.length) charts.pop().destroy();
        for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
            charts.push(new Chart(canvas, shapes[canvas.dataset.chart](rowsOf(canvas))));
        }
    };

    Chart.defaults.font.family = "Inter, system-ui, sans-serif";
    window.addEventListener("load", () => {
        draw();
        // light and dark are a class of the page
        const html = document.documentElement;
        let dark = html.classList.contains("dark");
        new MutationObserver(() => {
            if (dark === html.classList.contains("dark")) return;
            dark = !dark;
            draw();
        }).observe(html, { attributes: true, attributeFilter: ["class"] });
    });
})();
