package import Logging
import ServiceLifecycle

/// Watches the configuration file and its templates, and applies each valid change while the gate runs. A file with
/// mistakes changes nothing: the last good configuration stays in force.
///
/// Polls instead of watching directories, because that also sees renames and the symbolic links that Kubernetes swaps.
package actor ConfigurationReloader: Service {
    private let path: String
    private let environment: [String: String]
    private let loader: ConfigurationLoader
    private let interval: Duration
    private let sleep: @Sendable (Duration) async throws -> Void
    private let logger: Logger
    private let apply: @Sendable (Configuration) async throws -> Void
    private let reportOutcome: @Sendable (ReloadOutcome) -> Void

    /// What the process began with: settings that need a restart stay as they are here.
    private let initial: Configuration
    private var applied: Configuration
    private var watched: Set<String>
    private var watch = FileWatch()
    private var reported: Set<ConfigurationProblem> = []
    private var restartWarning: [String] = []
    private var isLoading = false
    private var isReloadDue = false

    /// - `initial`: The configuration in force.
    /// - `interval`: Between two looks at the files; a change is applied at the second look after it.
    /// - `apply`: Puts a new configuration into force; throws if it cannot, and leaves the old one.
    /// - `reportOutcome`: Told after each loading what came of it.
    package init(
        path: String, environment: [String: String], initial: Configuration, loader: ConfigurationLoader,
        interval: Duration = .milliseconds(500),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        logger: Logger, apply: @escaping @Sendable (Configuration) async throws -> Void,
        reportOutcome: @escaping @Sendable (ReloadOutcome) -> Void
    ) {
        self.path = path
        self.environment = environment
        self.loader = loader
        self.interval = interval
        self.sleep = sleep
        self.logger = logger
        self.apply = apply
        self.reportOutcome = reportOutcome
        self.initial = initial
        applied = initial
        watched = [path]
    }

    /// Polls until the service group shuts down.
    package func run() async {
        // The only error is the cancellation of the sleep.
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.poll()
                try await self.sleep(self.interval)
            }
        }
    }

    /// One look at the files; loads them once they have changed and come to rest.
    package func poll() async {
        guard !isLoading else { return }
        var stamps: [String: FileStamp?] = [:]
        for path in watched { stamps.updateValue(loader.files.stamp(path), forKey: path) }
        if case .settled = watch.observe(stamps) { await load() }
    }

    /// Loads the files now, changed or not: what SIGHUP asks for. Problems are logged again.
    package func reload() async {
        guard !isLoading else {
            isReloadDue = true
            return
        }
        reported = []
        await load()
    }

    private func load() async {
        isLoading = true
        defer { isLoading = false }
        repeat {
            isReloadDue = false
            let attempt = loader.attempt(path: path, environment: environment)
            watched = Set(attempt.stamps.keys)
            watch.settle(on: attempt.stamps)
            switch attempt.result {
            case .success(let configuration): await takeOver(configuration)
            case .failure(let mistakes): reject(mistakes)
            }
        } while isReloadDue
    }

    private func takeOver(_ configuration: Configuration) async {
        reported = []
        guard configuration != applied else {
            reportOutcome(.inForce)
            return
        }
        do {
            try await apply(configuration)
        } catch {
            logger.error(
                "The new configuration could not be applied; the last good one stays in force",
                metadata: ["file": "\(path)", "error": "\(error)"])
            reportOutcome(.refused(["\(path): \(error)"]))
            return
        }
        applied = configuration
        logger.info("Applied the new configuration", metadata: ["file": "\(path)"])
        warnOfRestart(configuration)
        reportOutcome(.inForce)
    }

    private func warnOfRestart(_ configuration: Configuration) {
        let keys = configuration.changesThatNeedRestart(from: initial)
        if keys != restartWarning, !keys.isEmpty {
            logger.warning(
                "Changed settings need a restart; all others are in force",
                metadata: ["file": "\(path)", "keys": "\(keys.joined(separator: ", "))"])
        }
        restartWarning = keys
    }

    private func reject(_ mistakes: ConfigurationMistakes) {
        for problem in mistakes.problems where !reported.contains(problem) {
            logger.error(
                "The configuration has a mistake; the last good one stays in force",
                metadata: [
                    "file": "\(path)", "line": "\(problem.line ?? 0)", "key": "\(problem.keyPath)",
                    "problem": "\(problem)",
                ])
        }
        reported = Set(mistakes.problems)
        reportOutcome(.refused(mistakes.problems.map(\.description)))
    }
}
