package import Logging
import Synchronization

/// The log level in force, for all loggers at once, so that a saved configuration can change it.
package final class LiveLogLevel: Sendable {
    private let level: Mutex<Logger.Level>

    package init(_ level: Logger.Level) { self.level = Mutex(level) }

    package var value: Logger.Level {
        get { level.withLock { $0 } }
        set { level.withLock { $0 = newValue } }
    }
}

/// A log handler whose level follows `LiveLogLevel`, unless its logger was given one of its own.
package struct LiveLogHandler: LogHandler {
    private var handler: any LogHandler
    private let shared: LiveLogLevel
    private var own: Logger.Level?

    package init(_ handler: any LogHandler, level: LiveLogLevel) {
        self.handler = handler
        self.handler.logLevel = .trace
        shared = level
    }

    package var logLevel: Logger.Level {
        get { own ?? shared.value }
        set { own = newValue }
    }

    package var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { handler.metadataProvider }
        set { handler.metadataProvider = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    package func log(event: LogEvent) { handler.log(event: event) }
}
