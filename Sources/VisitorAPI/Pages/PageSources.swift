/// The files of `Resources`, which the build puts into the binary, as they are served.
struct PageSources: Sendable {
    /// What every page begins with.
    let top = SourceText.html(PackageResources.top_html)
    let queuePage = SourceText.html(PackageResources.queue_html)
    let noticePage = SourceText.html(PackageResources.notice_html)
    let embedPage = SourceText.html(PackageResources.embed_html)
    let embedScript = SourceText.script(PackageResources.embed_js)
    let style = SourceText.styleSheet(PackageResources.page_css)
    let queueScript = SourceText.script(PackageResources.queue_js)
    let countdownScript = SourceText.script(PackageResources.countdown_js)
    let challengePage = SourceText.html(PackageResources.challenge_html)
    let challengeScript = SourceText.script(PackageResources.challenge_js)
    let handoverPage = SourceText.html(PackageResources.handover_html)
    let handoverScript = SourceText.script(PackageResources.handover_js)
    let retryScript = SourceText.script(PackageResources.retry_js)

    /// What every page inserts, and beside it what is a page's own.
    func constants(in language: Language, _ own: [String: String] = [:]) -> [String: String] {
        ["top": top, "style": style, "lang": language.tag, "dir": language.direction].merging(own) { $1 }
    }
}
