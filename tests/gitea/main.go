// A Gitea without its front end: the server as the module offers it, for the tests that ask a real one.
package main

import (
	"os"
	"time"

	"code.gitea.io/gitea/cmd"
	"code.gitea.io/gitea/modules/log"
	"code.gitea.io/gitea/modules/setting"
)

// The version of the module: build.sh sets it.
var version = "development"

func main() {
	setting.AppVer = version
	setting.AppBuiltWith = " for tests"
	setting.AppStartTime = time.Now().UTC()
	app := cmd.NewMainApp(cmd.AppVersion{Version: version, Extra: setting.AppBuiltWith})
	failed := cmd.RunMainApp(app, os.Args...) != nil
	log.GetManager().Close()
	if failed {
		os.Exit(1)
	}
}
