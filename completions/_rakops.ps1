# Completion of rakops for PowerShell: rakops completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName rakops -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $line = $commandAst.Extent.Text
    $end = [Math]::Min($cursorPosition - $commandAst.Extent.StartOffset, $line.Length)
    $line = $line.Substring(0, $end)
    if ($wordToComplete -eq '') { $line += ' ' }
    $before = $env:RAKOPS_COMPLETE
    $env:RAKOPS_COMPLETE = 'powershell'
    try {
        rakops -- $line | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } finally {
        $env:RAKOPS_COMPLETE = $before
    }
}
