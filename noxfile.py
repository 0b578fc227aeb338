import tasker_ci

tasker_ci.register_sessions()
