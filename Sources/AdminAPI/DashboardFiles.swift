import Hummingbird

/// The dashboard as it is served: a page, its style and its modules, as they are in the folder `Dashboard`. They are
/// open to all; what they show is asked for with the operator's key.
enum DashboardFiles {
    /// One of the files.
    struct File: Sendable {
        let name: String
        let contentType: String
        let body: [UInt8]
    }

    /// Where the page is; `/` leads there.
    static let path = "/dashboard/"

    static let page = File(
        name: "", contentType: "text/html; charset=utf-8", body: PackageResources.dashboard_html)

    static let parts: [File] =
        [
            File(name: "dashboard.css", contentType: "text/css; charset=utf-8", body: PackageResources.dashboard_css),
            File(name: "icon.svg", contentType: "image/svg+xml", body: PackageResources.icon_svg),
        ]
        + [
            ("ask.js", PackageResources.ask_js), ("chart.js", PackageResources.chart_js),
            ("charts.js", PackageResources.charts_js), ("controls.js", PackageResources.controls_js),
            ("dashboard.js", PackageResources.dashboard_js), ("elements.js", PackageResources.elements_js),
            ("format.js", PackageResources.format_js), ("gate.js", PackageResources.gate_js),
            ("health.js", PackageResources.health_js), ("history.js", PackageResources.history_js),
            ("lookup.js", PackageResources.lookup_js),
            ("movement.js", PackageResources.movement_js), ("records.js", PackageResources.records_js),
            ("room.js", PackageResources.room_js),
        ].map { File(name: $0, contentType: "text/javascript; charset=utf-8", body: $1) }

    /// Nothing but these files, and calls of this listener: no script or style in the page itself, nothing from
    /// elsewhere, no frame around it, and text never becomes markup.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

    /// The files, and the way to them.
    static var calls: [AdminCall] {
        [AdminCall(.get, "/") { _ in Response.redirect(to: path, type: .temporary) }]
            + ([page] + parts).map { file in AdminCall(.get, path + file.name) { _ in response(file) } }
    }

    private static func response(_ file: File) -> Response {
        var response = Response.fresh(body: file.body, contentType: file.contentType)
        response.headers[.contentSecurityPolicy] = policy
        return response
    }
}
