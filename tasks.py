from tasker_ci import namespace

__all__ = ["namespace"]
