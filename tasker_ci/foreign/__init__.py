"""What a project's own files say: workflows that `sync` replaces, values spelled out twice."""
