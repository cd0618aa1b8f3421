package import RoomConfiguration
package import WaitingRoom

/// All that visitors see of the gate. Made once per configuration; rendering is O(size of the page), takes no lock and
/// may happen on any thread.
package struct PageRenderer: Sendable {
    private let queuePages: [Language: QueuePage]
    private let noticePages: [Language: NoticePage]
    private let embedPages: [Language: EmbedPage]
    private let challengePages: [Language: ChallengePage]
    private let handoverPages: [Language: HandoverPage]
    private let roomNames: [RoomID: String]
    private let templates: [RoomID: OperatorTemplate]
    /// Under which the gate has addresses of its own.
    let reservedPath: String

    /// - Throws: what is wrong with the first room's template that cannot be used, by its path and line.
    package init(rooms: [RoomRule], reservedPath: String) throws(TemplateError) {
        var names: [RoomID: String] = [:]
        var files: [RoomID: TemplateFile] = [:]
        for room in rooms {
            names[room.settings.id] = room.settings.name
            files[room.settings.id] = room.template
        }
        try self.init(roomNames: names, templates: files, reservedPath: reservedPath)
    }

    init(
        roomNames: [RoomID: String], templates files: [RoomID: TemplateFile], reservedPath: String = "/__anteroom"
    ) throws(TemplateError) {
        self.reservedPath = reservedPath
        let sources = PageSources()
        var queuePages: [Language: QueuePage] = [:]
        var noticePages: [Language: NoticePage] = [:]
        var embedPages: [Language: EmbedPage] = [:]
        var challengePages: [Language: ChallengePage] = [:]
        var handoverPages: [Language: HandoverPage] = [:]
        for language in Language.allCases {
            queuePages[language] = QueuePage(language: language, sources: sources, reservedPath: reservedPath)
            noticePages[language] = NoticePage(language: language, sources: sources)
            embedPages[language] = EmbedPage(language: language, sources: sources)
            challengePages[language] = ChallengePage(language: language, sources: sources)
            handoverPages[language] = HandoverPage(language: language, sources: sources)
        }
        self.queuePages = queuePages
        self.noticePages = noticePages
        self.embedPages = embedPages
        self.challengePages = challengePages
        self.handoverPages = handoverPages
        self.roomNames = roomNames
        var templates: [RoomID: OperatorTemplate] = [:]
        for (room, file) in files { templates[room] = try OperatorTemplate(file) }
        self.templates = templates
    }

    /// What is wrong with a template, with its line; nil if it can be used. For the configuration's loader.
    package static func problem(inTemplate source: String) -> String? {
        do {
            _ = try OperatorTemplate(TemplateFile(path: "", source: source))
            return nil
        } catch {
            return "line \(error.line): \(error.message)"
        }
    }

    /// The page of somebody in line: the room's own template, or the built-in page.
    /// - `nonce`: 16 random bytes in Base64, fresh for each answer.
    package func queuePage(_ model: QueuePageModel, in language: Language, nonce: String) -> RenderedPage {
        let page = queuePage(in: language)
        let roomName = name(of: model.room)
        if let template = templates[model.room],
            let body = template.render(model, roomName: roomName, nonce: nonce, builtIn: page)
        {
            return RenderedPage(
                body: body, language: language,
                contentSecurityPolicy: RenderedPage.operatorPolicy(nonce: nonce),
                refresh: template.hasLiveScript ? nil : max(1, model.pollAfter))
        }
        return RenderedPage(
            body: page.render(model, roomName: roomName, nonce: nonce), language: language,
            contentSecurityPolicy: RenderedPage.builtInPolicy(nonce: nonce), refresh: nil)
    }

    /// Somebody has to solve a challenge first.
    func challengePage(_ model: ChallengePageModel, in language: Language, nonce: String) -> RenderedPage {
        let page = challengePages[language] ?? ChallengePage(language: language, sources: PageSources())
        return RenderedPage(
            body: page.render(model, roomName: name(of: model.room), nonce: nonce), language: language,
            contentSecurityPolicy: RenderedPage.challengePolicy(nonce: nonce, model.provider.widget), refresh: nil)
    }

    /// A place moves to another device.
    func handoverPage(
        _ content: HandoverPage.Content, room: RoomID, requestID: String, in language: Language, nonce: String
    ) -> RenderedPage {
        let page = handoverPages[language] ?? HandoverPage(language: language, sources: PageSources())
        return rendered(
            page.render(content, room: room, roomName: name(of: room), requestID: requestID, nonce: nonce),
            in: language, nonce: nonce)
    }

    /// `max_queue_size` wait already; nobody's place was made. Tries again by itself.
    package func lineFullPage(_ model: NoticePageModel, in language: Language, nonce: String) -> RenderedPage {
        notice(.fullHeading, .fullText, model, in: language, nonce: nonce)
    }

    /// The visitors of one address hold as many places as they may; nobody's place was made. Tries again by itself.
    package func crowdedPage(_ model: NoticePageModel, in language: Language, nonce: String) -> RenderedPage {
        notice(.crowdedHeading, .crowdedText, model, in: language, nonce: nonce)
    }

    /// The room is in maintenance. Tries again by itself.
    package func maintenancePage(_ model: NoticePageModel, in language: Language, nonce: String) -> RenderedPage {
        notice(.maintenanceHeading, .maintenanceText, model, in: language, nonce: nonce)
    }

    /// Nobody can wait yet. Counts down to the opening, and tries again when waiting begins.
    /// - `opensIn`: in seconds.
    package func scheduledPage(
        _ model: NoticePageModel, opensIn: Int, in language: Language, nonce: String
    ) -> RenderedPage {
        let target = LocalTarget(model.redirectURL)
        return notice(
            .scheduledHeading, .scheduledText, model,
            coming: .countdown(opensIn: opensIn, seconds: model.retryAfter, target), in: language, nonce: nonce)
    }

    /// Nobody is let in any more. Tries again by itself: the schedule may change.
    package func closedPage(_ model: NoticePageModel, in language: Language, nonce: String) -> RenderedPage {
        notice(.closedHeading, .closedText, model, in: language, nonce: nonce)
    }

    /// Joins are closed while the store is away. Tries again by itself.
    package func storeUnavailablePage(_ model: NoticePageModel, in language: Language, nonce: String) -> RenderedPage {
        notice(.unavailableHeading, .unavailableText, model, in: language, nonce: nonce)
    }

    /// The gate's own 4xx and 5xx. Those that may pass offer a link to try again.
    /// - Parameters:
    ///   - status: the answer's status code, shown small.
    ///   - kind: nil: what the code usually means.
    ///   - retry: when it tries again by itself, and where; see `NoticePageModel`.
    package func errorPage(
        status: Int, kind: ErrorPageKind? = nil, room: RoomID? = nil, requestID: String, notSent: Bool = false,
        retry: (seconds: Int, target: String)? = nil, in language: Language, nonce: String
    ) -> RenderedPage {
        let kind = kind ?? ErrorPageKind(status: status)
        return rendered(
            noticePage(in: language).render(
                heading: kind.heading, text: kind.text, roomName: room.map(name(of:)),
                coming: retry.map { .automatic(seconds: $0.seconds, LocalTarget($0.target)) }
                    ?? (kind.offersRetry ? .link : .never), notSent: notSent, requestID: "\(status) · \(requestID)",
                nonce: nonce), in: language, nonce: nonce)
    }

    /// The queue page for an app's web view.
    /// - Parameter origins: of the pages that may be around it, besides those of this host.
    func embedPage(
        _ room: RoomID, origins: [WebOrigin], in language: Language, nonce: String
    ) -> RenderedPage {
        let page = embedPages[language] ?? EmbedPage(language: language, sources: PageSources())
        return RenderedPage(
            body: page.render(room, roomName: name(of: room), origins: origins, nonce: nonce), language: language,
            contentSecurityPolicy: RenderedPage.embedPolicy(nonce: nonce, origins: origins), refresh: nil)
    }

    /// Words about passes, and where those go on who may.
    func passPage(
        _ heading: Phrase, _ text: Phrase, room: RoomID, requestID: String, next: String?, in language: Language,
        nonce: String
    ) -> RenderedPage {
        rendered(
            noticePage(in: language).render(
                heading: heading, text: text, roomName: name(of: room),
                coming: next.map { .onward(LocalTarget($0)) } ?? .never, notSent: false, requestID: requestID,
                nonce: nonce), in: language, nonce: nonce)
    }

    private func notice(
        _ heading: Phrase, _ text: Phrase, _ model: NoticePageModel, coming back: NoticePage.Return? = nil,
        in language: Language, nonce: String
    ) -> RenderedPage {
        rendered(
            noticePage(in: language).render(
                heading: heading, text: text, roomName: model.room.map(name(of:)),
                coming: back ?? .automatic(seconds: model.retryAfter, LocalTarget(model.redirectURL)),
                notSent: model.notSent,
                requestID: model.requestID, nonce: nonce), in: language, nonce: nonce)
    }

    private func rendered(_ body: [UInt8], in language: Language, nonce: String) -> RenderedPage {
        RenderedPage(
            body: body, language: language, contentSecurityPolicy: RenderedPage.builtInPolicy(nonce: nonce),
            refresh: nil)
    }

    private func name(of room: RoomID) -> String { roomNames[room] ?? room.text }

    /// The initialiser makes a page for every language; the fallback only spares an optional.
    private func queuePage(in language: Language) -> QueuePage {
        queuePages[language] ?? QueuePage(language: language, sources: PageSources(), reservedPath: reservedPath)
    }

    private func noticePage(in language: Language) -> NoticePage {
        noticePages[language] ?? NoticePage(language: language, sources: PageSources())
    }
}
