import ArgumentParser

/// `anteroom rooms`: the admin API from a terminal.
struct Rooms: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See and steer the rooms of running gates.",
        discussion: """
            Talks to a gate's admin listener: --admin, or the admin.listen of --config. What it changes is kept where the \
            line is kept, so all gates follow within two seconds; the configuration file stays as it is.

            The key is the first operator's of the configuration's admin.keys_file, or that of the environment variable \
            ANTEROOM_ADMIN_KEY, or that in --key-file; the last one that is given counts.
            """,
        subcommands: [
            List.self, Show.self, SetLimits.self, Pause.self, Resume.self, Maintenance.self, Admit.self, Drain.self,
            Position.self, EndSession.self, Watch.self, Tail.self, Audit.self,
        ],
        defaultSubcommand: List.self)
}
